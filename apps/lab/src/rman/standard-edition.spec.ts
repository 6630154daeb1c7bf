/** RMAN of a Standard Edition home: one channel after the other, whatever was allocated; and no block change tracking. */
import { armFault, disarmFaults } from '../faults/rman-faults';
import { LabHost } from './testing/lab-host';

let host: LabHost;

beforeAll(async () => {
  host = await LabHost.create({ bytes: 8 * 1024 * 1024 });
  host.labctl('fault arm', 'standard-edition');
}, 120_000);

afterAll(async () => {
  await host.remove();
});

const channels = (count: number) =>
  Array.from({ length: count }, (_, i) => `ALLOCATE CHANNEL c${i + 1} ${host.sbt()};`).join(' ');
const WARNINGS = [
  'RMAN-06908: WARNING: operation will not run in parallel on the allocated channels',
  'RMAN-06909: WARNING: parallelism require Enterprise Edition',
];

it('warns once for each command that has several channels, and uses one of them', () => {
  const run = host.rman(`RUN { ${channels(3)} BACKUP INCREMENTAL LEVEL 0 FILESPERSET 1 DATABASE; }`);
  expect([run.code, run.lines]).toEqual([0, expect.arrayContaining(WARNINGS)]);
  expect(run.output.match(/RMAN-06908/g)).toHaveLength(1);
  expect(new Set(run.output.match(/channel c\d(?=: starting)/g))).toEqual(new Set(['channel c1']));
  const restore = host.rman(`RUN { ${channels(2)} RESTORE DATABASE VALIDATE; }`);
  expect([restore.code, restore.lines]).toEqual([0, expect.arrayContaining(WARNINGS)]);
});

it('says nothing with one channel, and a level 1 is made like any other', () => {
  const run = host.rman(`RUN { ${channels(1)} BACKUP INCREMENTAL LEVEL 1 DATABASE; }`);
  expect([run.code, run.output]).toEqual([0, expect.not.stringContaining('RMAN-0')]);
});

it('goes on with the next channel when the one in use is lost', () => {
  armFault(host.base, { name: 'channel-lost', times: 1, channel: 'c1' });
  const run = host.rman(`RUN { ${channels(2)} BACKUP FILESPERSET 1 DATABASE; }`);
  disarmFaults(host.base);
  expect([run.code, run.output]).toEqual([
    0,
    expect.stringContaining('channel c2: starting full datafile backup set'),
  ]);
});

it('has no block change tracking', () => {
  const run = host.rman('ALTER DATABASE ENABLE BLOCK CHANGE TRACKING;');
  expect([run.code, run.output]).toEqual([
    1,
    expect.stringContaining('ORA-00439: feature not enabled: Block Change Tracking'),
  ]);
});
