// RMAN on a RAC of three hosts: a channel on each, through the compiled library and its host's own socket, and the loss of an instance at
// every phase. What must be shown stands in docs/lab/rman.md; how real RMAN words some of it nobody published.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { RacHosts, sidOf, type NodeNumber, type RmanEnd } from '../support/rac-hosts';

jest.setTimeout(120_000);
let hosts: RacHosts;
let tags = 0;
beforeAll(async () => {
  hosts = await RacHosts.start();
  await hosts.rman('CONFIGURE CONTROLFILE AUTOBACKUP ON;');
});
afterEach(() => hosts.heal());
afterAll(() => hosts.stop());

const SECONDARY = 2;
const PRIMARY = 1;
/** The channel of the secondary comes first, so that it surely has work. */
const channels = (...nodes: NodeNumber[]) => nodes.map((node) => hosts.allocate(node)).join('\n');
const ALL = () => channels(SECONDARY, PRIMARY, 3);
const BACKUP = {
  data: (tag: string) => `BACKUP INCREMENTAL LEVEL 0 FILESPERSET 1 TAG '${tag}' DATABASE;`,
  logs: (tag: string) => `BACKUP FILESPERSET 1 TAG '${tag}' ARCHIVELOG ALL;`,
  control: (tag: string) => `BACKUP TAG '${tag}' CURRENT CONTROLFILE;`,
};
const VALIDATE = {
  data: (tag: string) => `RESTORE DATABASE FROM TAG '${tag}' VALIDATE;`,
  logs: (tag: string) => `RESTORE ARCHIVELOG ALL FROM TAG '${tag}' VALIDATE;`,
  control: (tag: string) => `RESTORE CONTROLFILE FROM TAG '${tag}' VALIDATE;`,
};
type Work = keyof typeof BACKUP;

async function backUp(work: Work, tag: string): Promise<RmanEnd> {
  return hosts.rman(`RUN { ${ALL()} ${BACKUP[work](tag)} }`);
}

/** The lines of the error stack at the end. */
function stackOf({ output }: RmanEnd): string[] {
  const [, , last = ''] = output
    .split('RMAN-00571: ===========================================================\n')
    .slice(-3);
  return last
    .split('\n\n')[0]
    ?.trim()
    .split('\n')
    .map((line) => line.replace(/ at \d\d\/.*$/, '')) as string[];
}

const FATAL = [
  'RMAN-00601: fatal error in recovery manager',
  'RMAN-03004: fatal error during execution of command',
  'RMAN-10038: database session for channel default terminated unexpectedly',
  'ORA-03113: end-of-file on communication channel',
];
const NOT_OPENED = (cause: string) => [
  'RMAN-03009: failure of allocate command on c2 channel',
  'RMAN-12001: could not open channel c2',
  'RMAN-10008: could not create channel context',
  'RMAN-10003: unable to connect to target database',
  cause,
];
const LOST_AND_RERUN = new RegExp(
  [
    'RMAN-03009: failure of backup command on c2 channel at .*',
    'RMAN-10038: database session for channel c2 terminated unexpectedly',
    'ORA-03113: end-of-file on communication channel',
    'channel c2 disabled, job failed on it will be run on another channel',
  ].join('\n'),
);

it('backs up over a channel on each instance, each through the socket of its own host', async () => {
  const tag = 'THREE';
  const run = await hosts.rman(`RUN { ${ALL()}
    BACKUP INCREMENTAL LEVEL 0 FILESPERSET 1 SECTION SIZE 1M TAG '${tag}' DATABASE;
    ${BACKUP.logs(tag)} ${BACKUP.control(tag)} }`);
  expect(run.code).toBe(0);
  for (const node of [1, 2, 3] as const) {
    expect(run.output).toMatch(
      new RegExp(`^channel c${node}: SID=\\d+ instance=${sidOf(node)} device type=SBT_TAPE$`, 'm'),
    );
    expect(hosts.logs[node].channels).toEqual([`c${node}`]);
    expect(hosts.logs[node].closed.length).toBeGreaterThan(1);
  }
  // The sections of one file went to all three hosts.
  const setOf = (handle: string) => /^\w+?_(\d+)_/.exec(handle)?.[1];
  const sectioned = [...hosts.pieces.keys()].filter((handle) => /_2_1$/.test(handle)).map(setOf);
  const shared = sectioned.filter((set) =>
    ([1, 2, 3] as const).every((node) => hosts.logs[node].closed.some((handle) => setOf(handle) === set)),
  );
  expect(shared.length).toBeGreaterThan(0);
});

it('restores to one moment what the channels of three hosts backed up, after one of them was lost', async () => {
  const tag = 'MOMENT';
  await hosts.arm(SECONDARY, 'transfer');
  expect((await backUp('data', tag)).code).toBe(0);
  await hosts.heal();
  for (const node of [1, 2, 3] as const)
    await hosts.labctl('workload', '--sid', sidOf(node), '--transactions', '30');
  const { untilScn } = JSON.parse(await hosts.labctl('mark', '--sid', sidOf(1))) as { untilScn: string };
  await hosts.rman(`RUN { ${ALL()} ${BACKUP.logs(tag)} BACKUP FORMAT 'cf_moment' CURRENT CONTROLFILE; }`);
  const clone = join(hosts.base, 'clone');
  const directory = join(clone, 'restored');
  mkdirSync(directory, { recursive: true });
  const local = `ALLOCATE CHANNEL r1 DEVICE TYPE SBT PARMS '${hosts.parms(1)}';`;
  const restored = { home: join(clone, 'oracle_home'), sid: 'CLONE' };
  const run = await hosts.rman(
    `SET DBID ${JSON.parse(await hosts.labctl('status', '--sid', sidOf(1))).identity.dbid};
    STARTUP NOMOUNT;
    RUN { ${local} RESTORE CONTROLFILE FROM 'cf_moment'; }
    ALTER DATABASE MOUNT;
    RUN { ${local}
      SET UNTIL SCN ${untilScn};
      SET NEWNAME FOR DATABASE TO '${directory}/%b';
      RESTORE DATABASE; SWITCH DATAFILE ALL; RECOVER DATABASE; }`,
    restored,
  );
  expect(await hosts.rman('SHUTDOWN ABORT;', restored)).toMatchObject({ code: 0 });
  expect(run.code).toBe(0);
  const compared = JSON.parse(await hosts.labctl('compare', '--until-scn', untilScn, '--dir', directory));
  expect(compared).toMatchObject({ identical: compared.dataFiles });
});

describe('an instance that is down before RMAN allocates', () => {
  it('secondary: ALLOCATE fails as the listener says, nothing is backed up', async () => {
    await hosts.instance('crash', SECONDARY);
    const run = await backUp('data', 'NEVER');
    expect([run.code, stackOf(run)]).toEqual([
      1,
      NOT_OPENED(
        'ORA-12514: TNS:listener does not currently know of service requested in connect descriptor',
      ),
    ]);
    expect(run.output).not.toContain('Starting backup');
  });

  it('secondary without its listener: no listener', async () => {
    await hosts.labctl('fault', 'arm', 'listener-gone', '--sid', sidOf(SECONDARY));
    const run = await backUp('data', 'NEVER');
    expect([run.code, stackOf(run)]).toEqual([1, NOT_OPENED('ORA-12541: TNS:no listener')]);
  });

  it('primary: rman has no instance to talk to', async () => {
    await hosts.instance('crash', PRIMARY);
    const run = await backUp('data', 'NEVER');
    expect([run.code, stackOf(run)]).toEqual([
      1,
      [
        'RMAN-03002: failure of allocate command',
        'RMAN-06403: could not obtain a fully authorized session',
        'ORA-01034: ORACLE not available',
      ],
    ]);
  });
});

describe('an instance that dies while channels are allocated', () => {
  it('secondary: ALLOCATE fails with the end of the connection, nothing is backed up', async () => {
    await hosts.arm(SECONDARY, 'connect');
    const run = await backUp('data', 'NEVER');
    expect([run.code, stackOf(run)]).toEqual([
      1,
      [
        'RMAN-03009: failure of allocate command on c2 channel',
        'ORA-03113: end-of-file on communication channel',
      ],
    ]);
    expect(run.output).not.toContain('Starting backup');
  });

  it('primary, while rman itself logs in', async () => {
    await hosts.arm(PRIMARY, 'connect');
    const run = await backUp('data', 'NEVER');
    expect([run.code, stackOf(run)]).toEqual([
      1,
      [
        'RMAN-00601: fatal error in recovery manager',
        'RMAN-03010: fatal error during library cache pre-loading',
        'RMAN-10038: database session for channel default terminated unexpectedly',
        'ORA-03113: end-of-file on communication channel',
      ],
    ]);
  });

  it('primary, while its channel logs in', async () => {
    await hosts.arm(PRIMARY, 'connect', 'instance-crash', 1);
    const run = await backUp('data', 'NEVER');
    expect([run.code, stackOf(run)]).toEqual([1, FATAL]);
    expect(run.output).not.toContain('Starting backup');
  });
});

/** Phase of the instance, what is backed up meanwhile, and what the lost channel leaves behind at its host's socket. */
const PHASES: [string, string, Work, 'nothing' | 'open piece' | 'closed piece'][] = [
  ['when a set of data files begins', 'backup-set', 'data', 'nothing'],
  ['when a data file is checkpointed', 'checkpoint', 'data', 'nothing'],
  ['while blocks flow', 'transfer', 'data', 'open piece'],
  ['when a finished set is recorded', 'record', 'data', 'closed piece'],
  ['when a set of archived logs begins', 'log-backup', 'logs', 'nothing'],
  ['while archived logs flow', 'transfer', 'logs', 'open piece'],
  ['when the control file is copied', 'control-file', 'control', 'nothing'],
  ['when the set of the control file is recorded', 'record', 'control', 'closed piece'],
];

describe.each(PHASES)('an instance that dies %s', (_name, phase, work, left) => {
  it('secondary: another channel takes the set, the command ends well, and all of it can be read', async () => {
    const tag = `T${++tags}`;
    await hosts.arm(SECONDARY, phase);
    const run = await backUp(work, tag);
    expect([run.code, run.output]).toEqual([0, expect.stringMatching(LOST_AND_RERUN)]);
    const { closed, aborted } = hosts.logs[SECONDARY];
    expect({ closed: closed.length, aborted: aborted.length }).toEqual({
      closed: left === 'closed piece' ? 1 : 0,
      aborted: left === 'open piece' ? 1 : 0,
    });
    const read = await hosts.rman(`RUN { ${channels(PRIMARY, 3)} ${VALIDATE[work](tag)} }`);
    expect([read.code, read.output]).toEqual([0, expect.not.stringContaining('RMAN-')]);
    // What was closed and never recorded is not what is read.
    for (const handle of closed) expect(read.output).not.toContain(handle);
  });

  it('primary: rman ends with its stack, and the channels of the others give up what they had open', async () => {
    await hosts.arm(PRIMARY, phase);
    const run = await hosts.rman(`RUN { ${channels(PRIMARY, SECONDARY, 3)} ${BACKUP[work](`T${++tags}`)} }`);
    expect([run.code, stackOf(run)]).toEqual([1, FATAL]);
    expect(run.output).not.toContain('Finished backup');
    while (hosts.openPieces > 0) await new Promise(setImmediate);
  });
});

describe('an instance that dies when the logs are switched', () => {
  it('primary: rman ends with its stack before a set begins', async () => {
    await hosts.arm(PRIMARY, 'archive-log');
    const run = await backUp('logs', 'NEVER');
    expect([run.code, stackOf(run)]).toEqual([1, FATAL]);
    expect(run.output).not.toContain('backup set');
  });
});

describe('an instance that dies at the end of the job', () => {
  it('secondary: nothing is missing, and rman ends well', async () => {
    const tag = `T${++tags}`;
    await hosts.arm(SECONDARY, 'job-end');
    const run = await backUp('data', tag);
    expect([run.code, run.output]).toEqual([0, expect.not.stringContaining('RMAN-0')]);
    const read = await hosts.rman(`RUN { ${channels(PRIMARY)} ${VALIDATE.data(tag)} }`);
    expect(read.code).toBe(0);
  });

  it('secondary, whose channel is released by name: RELEASE fails', async () => {
    await hosts.arm(SECONDARY, 'job-end');
    const run = await hosts.rman(`RUN { ${ALL()} BACKUP SPFILE; RELEASE CHANNEL c2; }`);
    expect([run.code, stackOf(run)[0]]).toEqual([1, 'RMAN-03009: failure of release command on c2 channel']);
  });

  it('primary: the sets are recorded, rman ends with its stack', async () => {
    const tag = `T${++tags}`;
    await hosts.arm(PRIMARY, 'job-end');
    const run = await backUp('data', tag);
    expect([run.code, stackOf(run)]).toEqual([1, FATAL]);
    await hosts.heal();
    const read = await hosts.rman(`RUN { ${channels(PRIMARY)} ${VALIDATE.data(tag)} }`);
    expect(read.code).toBe(0);
  });
});

it('gives the autobackup another number when the channel is lost that had made its piece', async () => {
  await hosts.arm(SECONDARY, 'record', 'instance-crash', 1);
  const run = await backUp('control', `T${++tags}`);
  expect(run.code).toBe(0);
  expect(run.output).toMatch(LOST_AND_RERUN);
  const names = [...run.output.matchAll(/piece handle=(c-\S+)/g)].map(([, handle]) => handle);
  expect(new Set(names).size).toBe(2);
});

it('goes on with the channels that are left when two of three instances are lost, one after the other', async () => {
  const tag = `T${++tags}`;
  await hosts.arm(SECONDARY, 'transfer');
  await hosts.arm(3, 'record');
  const run = await backUp('data', tag);
  expect(run.code).toBe(0);
  expect(run.output).toContain('channel c3 disabled, job failed on it will be run on another channel');
  const next = await hosts.rman(`RUN { ${channels(PRIMARY)} ${VALIDATE.data(tag)} }`);
  expect(next.code).toBe(0);
});

it('uses in the next command of the RUN block only channels that live', async () => {
  await hosts.arm(SECONDARY, 'transfer');
  const run = await hosts.rman(`RUN { ${ALL()} ${BACKUP.data(`T${++tags}`)} ${BACKUP.logs(`T${tags}`)} }`);
  expect(run.code).toBe(0);
  const [, second = ''] = run.output.split(/Starting backup at .*\ncurrent log archived/);
  expect(second).toContain('channel c1: starting archived log backup set');
  expect(second).not.toMatch(/channel c2: starting|RMAN-/);
});

it('finds an instance by net service name, descriptor and address, and no other', async () => {
  const [, port] = /\(HOST = 127\.0\.1\.3\) \(PORT = (\d+)\)/.exec(hosts.netNames(1)) ?? [];
  const address = `(ADDRESS=(PROTOCOL=TCP)(HOST=127.0.1.3)(PORT=${port}))`;
  const places: [string, string][] = [
    ['orcl3', 'instance=ORCL3'],
    [`(DESCRIPTION=${address}(CONNECT_DATA=(SERVICE_NAME=orcl)(INSTANCE_NAME=ORCL3)))`, 'instance=ORCL3'],
    [`//127.0.1.3:${port}/orcl:dedicated/ORCL3`, 'instance=ORCL3'],
    // A listener does not know the instances of other hosts.
    [`//127.0.1.3:${port}/orcl/ORCL2`, 'ORA-12514'],
    [`//127.0.1.2:${port}/orcl`, 'ORA-12541'],
    ['orcl4', 'ORA-12154'],
  ];
  for (const [place, shown] of places) {
    const run = await hosts.rman(
      `RUN { ALLOCATE CHANNEL x DEVICE TYPE DISK CONNECT '/@${place} as sysbackup'; }`,
    );
    expect([place, run.output]).toEqual([place, expect.stringContaining(shown)]);
  }
});

it('lands with the name of the service on an instance that runs', async () => {
  await hosts.instance('crash', SECONDARY);
  await hosts.instance('crash', 3);
  const run = await hosts.rman("RUN { ALLOCATE CHANNEL x DEVICE TYPE DISK CONNECT '/@orcl'; }");
  expect([run.code, run.output]).toEqual([0, expect.stringContaining('instance=ORCL1')]);
});

it('loads a library without a path from the home of the instance the channel is on', async () => {
  hosts.installLibrary(3);
  const parms = hosts.parms(3).replace(/^SBT_LIBRARY=[^,]+,/, '');
  const run = await hosts.rman(
    `RUN { ALLOCATE CHANNEL c3 DEVICE TYPE SBT CONNECT '/@ORCL3' PARMS '${parms}'; }`,
  );
  expect(run.code).toBe(0);
  expect(hosts.logs[3].channels).toEqual(['c3']);
  const local = await hosts.rman(`RUN { ALLOCATE CHANNEL c1 DEVICE TYPE SBT PARMS '${parms}'; }`);
  expect([local.code, local.output]).toEqual([1, expect.stringContaining('ORA-27211')]);
});

it('connects configured channels to their instances too', async () => {
  const configure = ([1, 2] as const)
    .map(
      (node) =>
        `CONFIGURE CHANNEL ${node} DEVICE TYPE SBT CONNECT 'c##adyton/Lab_password_1@${sidOf(node)}' PARMS '${hosts.parms(node)}';`,
    )
    .join('\n');
  const run = await hosts.rman(`${configure}
    CONFIGURE DEVICE TYPE SBT PARALLELISM 2; BACKUP DEVICE TYPE SBT FILESPERSET 1 DATABASE;`);
  expect(run.code).toBe(0);
  expect(run.output).toMatch(/^channel ORA_SBT_TAPE_2: SID=\d+ instance=ORCL2 device type=SBT_TAPE$/m);
  expect(hosts.logs[2].closed.length).toBeGreaterThan(0);
});

describe('a node that hangs without a reset (an invention of the lab)', () => {
  it('holds rman up until it goes on', async () => {
    const tag = `T${++tags}`;
    await hosts.arm(SECONDARY, 'transfer', 'instance-hang');
    const running = backUp('data', tag);
    await untilHanging();
    let ended = false;
    void running.then(() => (ended = true));
    // The others finish what they have; the set of the hanging node is missing.
    while (hosts.logs[1].closed.length + hosts.logs[3].closed.length < 6) await new Promise(setImmediate);
    expect(ended).toBe(false);
    await hosts.instance('resume', SECONDARY);
    const run = await running;
    expect([run.code, run.output]).toEqual([0, expect.not.stringContaining('RMAN-0')]);
  });

  it('is given up when the connection was silent for as long as keepalive allows', async () => {
    const tag = `T${++tags}`;
    await hosts.arm(SECONDARY, 'transfer', 'instance-hang');
    const run = await hosts.rman(`RUN { ${ALL()} ${BACKUP.data(tag)} }`, {
      env: { LAB_KEEPALIVE_SECONDS: '1' },
    });
    expect(run.code).toBe(0);
    expect(run.output).toMatch(
      /on c2 channel at .*\nRMAN-10038: .*\nORA-03135: connection lost contact\nchannel c2 disabled/,
    );
  });
});

async function untilHanging(): Promise<void> {
  while (!(await hosts.states()).includes('HANGING')) await new Promise(setImmediate);
}
