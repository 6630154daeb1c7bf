// Scripts: the same input gives the same text, and no name can break out of its place.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import {
  channelsAt,
  composeChannelScript,
  composeControlFileScript,
  composeDataScript,
  composeDeleteLogsScript,
  composeLogScript,
  composeMountScript,
  composeRecordsScript,
  composeRestoreScript,
  composeUncatalogScript,
  handlePrefix,
  printScript,
  RmanScriptError,
  START_SCRIPT,
  tagOf,
  type ChannelPlace,
  type ChannelSettings,
} from './index';
import { type RmanScript } from './script/nodes';
import { parseScript } from './script/parse-script';
import { TERMINALS } from './script/terminals';

const names = { runToken: 'ABCD1234', fence: 7, handlePrefix: handlePrefix('1565056049', 'ORCL') };
const place: ChannelPlace = {
  connect: null,
  libraryPath: '/opt/adyton/lib/libobk.so',
  socketPath: '/run/adyton/sbt.sock',
  tokenFile: '/var/lib/adyton/runs/r/token',
};
const channels: ChannelSettings = {
  count: 2,
  runId: 'run_01K9Z0000000000000ABCD1234',
  places: [place],
};
const at = (n: number): ChannelPlace => ({
  ...place,
  connect: { host: `db${n}-vip`, port: 1521, service: 'orcl', instance: `ORCL${n}` },
  tokenFile: `/var/lib/adyton/runs/r/token${n}`,
});
const cluster: ChannelSettings = { ...channels, places: [place, at(2), at(3)] };
const data = { names, channels, level0Files: [1, 3, 4], level1Files: [] as number[] };
const logs = { names, channels, ranges: [{ thread: 1, fromSequence: 12, untilSequence: 19 }] };
const controlFile = { names, channels, spfile: true };
/** One more than fits a statement. */
const manyHandles = Array.from({ length: 51 }, (_, i) => `a1b2c3d4/x_${i}`);
const records = { channels, crosscheck: manyHandles, catalog: ['a1b2c3d4/y_1', 'a1b2c3d4/y_2'] };
const mount = {
  dbid: '1565056049',
  channels,
  controlFileHandle: 'a1b2c3d4/ABCD1234_7_CF_0a1b2c3d_1_1_1',
};
const restore = {
  channels,
  runToken: 'ABCD1234',
  uncatalog: ['a1b2c3d4/gone_1'],
  crosscheck: ['a1b2c3d4/x_1', 'a1b2c3d4/x_2'],
  catalog: ['a1b2c3d4/y_1', 'a1b2c3d4/y_2'],
  untilScn: '48211903',
  directory: '/u02/copy',
};

const scripts: Readonly<Record<string, RmanScript>> = {
  level0: composeDataScript(data),
  mixed: composeDataScript({
    ...data,
    channels: { ...channels, count: 1 },
    level0Files: [8],
    level1Files: [1, 3],
  }),
  cluster: composeDataScript({ ...data, channels: cluster }),
  logs: composeLogScript(logs),
  'control-file': composeControlFileScript(controlFile),
  records: composeRecordsScript(records),
  start: START_SCRIPT,
  mount: composeMountScript(mount),
  resume: composeRecordsScript({
    ...records,
    crosscheck: ['a1b2c3d4/ABCD1234_6_F4_0a1b2c3d_1_1_1'],
    catalog: [],
  }),
  restore: composeRestoreScript(restore),
  uncatalog: composeUncatalogScript(restore.crosscheck),
  channel: composeChannelScript({ runId: 'check', places: [place] }),
  'channel-of-cluster': composeChannelScript({ runId: 'check', places: [at(2)] }),
  'delete-logs': composeDeleteLogsScript(logs.ranges),
  'restore-without': composeRestoreScript({
    ...{ ...restore, uncatalog: [] },
    only: { files: [1, 3], without: [4] },
  }),
};

describe.each(Object.entries(scripts))('%s', (name, script) => {
  it('S4.1 is the script of the golden file', () => {
    const file = join(__dirname, 'golden', `${name}.rman`);
    if (!existsSync(file) && process.env['GOLDEN_WRITE'] === 'yes') writeFileSync(file, printScript(script));
    expect(printScript(script)).toBe(readFileSync(file, 'utf8'));
  });

  it('is read back as the statements it was made of', () => {
    expect(parseScript(printScript(script))).toEqual(script);
  });
});

it('gives every instance of a cluster a channel, though the database is registered with fewer', () => {
  const text = printScript(composeDataScript({ ...data, channels: { ...cluster, count: 1 } }));
  expect(text.match(/ALLOCATE CHANNEL c\d/g)).toEqual(['c1', 'c2', 'c3'].map((c) => `ALLOCATE CHANNEL ${c}`));
});

it('names the channels of an instance, and copies the control file on the primary alone', () => {
  const many = { ...cluster, count: 5 };
  expect(channelsAt(many, ({ instance }) => instance === 'ORCL2')).toEqual(['c2', 'c5']);
  const text = printScript(composeControlFileScript({ ...controlFile, channels: many }));
  expect(text.match(/ALLOCATE CHANNEL/g)).toHaveLength(1);
  expect(text).not.toContain('CONNECT');
});

it('S4.2 every data file is a stream of its own, in the order of its blocks and as they are, under our tag and handle', () => {
  const text = printScript(
    composeDataScript({ ...data, names: { ...names, runToken: 'abcd1234' }, level1Files: [7] }),
  );
  expect(text).toMatch(/^SET ENCRYPTION OFF FOR ALL TABLESPACES;$/m);
  expect(text).not.toContain('COMPRESSED');
  const channelLines = text.match(/ALLOCATE CHANNEL .*/g) ?? [];
  expect(channelLines).toHaveLength(channels.count);
  for (const line of channelLines) expect(line).toContain(' MAXOPENFILES 1 ');
  const form = 'FILESPERSET 1 SECTION SIZE 64G';
  expect(
    [...text.matchAll(/INCREMENTAL (LEVEL \d)(?: CUMULATIVE)? (.*) TAG '(.*)'/g)].map(([, ...m]) => m),
  ).toEqual([
    ['LEVEL 0', form, 'ADY_L0_ABCD1234'],
    ['LEVEL 1', form, 'ADY_L1_ABCD1234'],
  ]);
  const handles = [...text.matchAll(/DATAFILE (\d+) FORMAT '(.*)'/g)].map(([, file, handle]) => [
    file,
    handle,
  ]);
  expect(handles).toEqual([1, 3, 4, 7].map((n) => [`${n}`, `${names.handlePrefix}/abcd1234_7_F${n}_%U`]));
});

it('S4.2 a tag has at most thirty characters, of upper case', () => {
  expect(tagOf('level1', 'abcd1234')).toBe('ADY_L1_ABCD1234');
  expect(tagOf('level0', 'a'.repeat(23))).toHaveLength(30);
  expect(() => tagOf('level0', 'a'.repeat(24))).toThrow(RmanScriptError);
});

it('CROSSCHECK and CATALOG name every handle, and nothing is crosschecked that is not named', () => {
  const text = printScript(composeRecordsScript({ ...records, catalog: [] }));
  for (const handle of manyHandles) expect(text).toContain(`'${handle}'`);
  expect(text.match(/CROSSCHECK/g)).toHaveLength(2);
  expect(text).not.toMatch(/CROSSCHECK (?!BACKUPPIECE 'a1b2c3d4\/)/);
  expect(printScript(composeRecordsScript({ ...records, crosscheck: [] }))).not.toContain('CROSSCHECK');
});

it('only the path of the token file is in a script, never the token', () => {
  expect(printScript(composeDataScript(data))).toContain('ADY_TOKEN_FILE=/var/lib/adyton/runs/r/token');
});

it('PARMS that older releases could not take are refused', () => {
  const far = { ...place, libraryPath: `/${'x'.repeat(200)}`, tokenFile: `/${'y'.repeat(200)}` };
  const long = { ...channels, places: [far] as const };
  expect(() => printScript(composeLogScript({ ...logs, channels: long }))).toThrow(RmanScriptError);
});

it.each([
  ['data files', () => composeDataScript({ ...data, level0Files: [] })],
  ['log ranges', () => composeLogScript({ ...logs, ranges: [] })],
  ['handles', () => composeRestoreScript({ ...restore, crosscheck: [], catalog: [] })],
  ['handles', () => composeUncatalogScript([])],
  ['log ranges', () => composeDeleteLogsScript([])],
  ['handles', () => composeRecordsScript({ channels, crosscheck: [], catalog: [] })],
  ['channels', () => composeDataScript({ ...data, channels: { ...channels, count: 0 } })],
])('a script without %s is none', (field, compose) => {
  expect(compose).toThrow(RmanScriptError);
  expect(compose).toThrow(field);
});

it.each(Object.entries(TERMINALS))('the page on scripts gives %s as it is', (name, pattern) => {
  const page = readFileSync(join(__dirname, '../../../docs/formats/rman-scripts.md'), 'utf8');
  expect(page).toContain(`\n${name.padEnd(11)}${pattern.source}\n`);
});

describe('made-up names', () => {
  /** `SCRIPT_INPUTS=1000000` asks for more. */
  const INPUTS = Number(process.env['SCRIPT_INPUTS'] ?? 100_000);
  /** What has a meaning in scripts, in PARMS, in paths or to RMAN, and letters that have none. */
  const PARTS = [
    ...`'";(){},=@%&/\\-._$#:+ \n\r\t\0aZ9é`,
    ...[
      'RUN {',
      '\n}',
      "';\n  RESTORE DATABASE;\n",
      "' TO '",
      '%U',
      '%F',
      '%b',
      'ady:',
      ')\n    (DATAFILE 2 ',
    ],
    ...[',ENV=(', ',ADY_RUN=x', 'ABCD1234', '/u02', 'handle'],
  ];

  /** Numbers of a linear congruence: the same inputs at every run. */
  function randomly(seed: number): (below: number) => number {
    let state = seed;
    return (below) => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return (state >>> 8) % below;
    };
  }
  const random = randomly(99);

  const { stackTraceLimit } = Error;
  beforeAll(() => {
    Error.stackTraceLimit = 1; // Jest keeps a hundred frames of each error; nobody reads those of a refusal here
  });
  afterAll(() => {
    Error.stackTraceLimit = stackTraceLimit;
  });

  const text = (): string =>
    Array.from({ length: random(7) }, () => PARTS[random(PARTS.length)] ?? '').join('');
  const number = (): number => [0, 1, 7, 2 ** 53 - 1, -1, 1.5, Number.NaN, 2 ** 60][random(8)] ?? 0;
  /** The thing with some of its fields replaced. */
  const spoiled = <T extends object>(thing: T, replacement: () => unknown): T =>
    Object.fromEntries(
      Object.entries(thing).map(([key, value]) => [key, random(4) === 0 ? replacement() : value]),
    ) as T;
  const spoiledNames = (): typeof names =>
    random(3) > 0 ? names : { ...spoiled(names, text), fence: random(3) > 0 ? 7 : number() };
  const spoiledPlace = (): ChannelPlace => {
    const { connect, ...paths } = random(2) > 0 ? place : at(2);
    const spoiledConnect =
      connect === null ? null : { ...spoiled(connect, text), port: random(3) > 0 ? 1521 : number() };
    return { ...spoiled(paths, text), connect: spoiledConnect };
  };
  const spoiledChannels = (): ChannelSettings =>
    random(3) > 0
      ? cluster
      : {
          count: 1 + random(3),
          runId: random(4) > 0 ? channels.runId : text(),
          places: [spoiledPlace(), spoiledPlace()],
        };

  const COMPOSERS: readonly (() => RmanScript)[] = [
    () =>
      composeDataScript({
        names: spoiledNames(),
        channels: spoiledChannels(),
        level0Files: random(2) > 0 ? [1, 3] : [number()],
        level1Files: random(2) > 0 ? [] : [2, number()],
      }),
    () =>
      composeLogScript({
        names: spoiledNames(),
        channels: spoiledChannels(),
        ranges: [spoiled({ thread: 1, fromSequence: 12, untilSequence: 19 }, number)],
      }),
    () => composeControlFileScript({ ...controlFile, names: spoiledNames(), channels: spoiledChannels() }),
    () => composeChannelScript(spoiledChannels()),
    () => composeDeleteLogsScript([spoiled({ thread: 1, fromSequence: 12, untilSequence: 19 }, number)]),
    () => composeUncatalogScript(random(2) > 0 ? restore.crosscheck : [text(), 'a1b2c3d4/x_2']),
    () => composeMountScript({ ...spoiled(mount, text), channels: spoiledChannels() }),
    () =>
      composeRecordsScript({
        channels: spoiledChannels(),
        crosscheck: random(2) > 0 ? records.crosscheck : [text()],
        catalog: random(2) > 0 ? records.catalog : [text(), 'a1b2c3d4/x_2'],
      }),
    () =>
      composeRestoreScript({
        ...spoiled(restore, text),
        channels: spoiledChannels(),
        uncatalog: random(2) > 0 ? [] : [text()],
        crosscheck: random(2) > 0 ? restore.crosscheck : [text()],
        catalog: random(2) > 0 ? restore.catalog : [text(), 'a1b2c3d4/x_2'],
        ...(random(2) > 0 ? {} : { only: { files: [1, number()], without: [number()] } }),
      }),
  ];

  it(`S4.3 ${INPUTS} of them either are refused or make the script they were meant for, and nothing else`, () => {
    const seen = { composed: 0, refused: 0 };
    for (let i = 0; i < INPUTS; i += 1) {
      const compose = COMPOSERS[i % COMPOSERS.length];
      try {
        const script = compose?.() ?? [];
        const printed = printScript(script);
        if (!isDeepStrictEqual(parseScript(printed), script)) throw new Error(`another script:\n${printed}`);
        seen.composed += 1;
      } catch (error) {
        if (!(error instanceof RmanScriptError)) throw error;
        seen.refused += 1;
      }
    }
    expect(seen.composed).toBeGreaterThan(INPUTS / 10);
    expect(seen.refused).toBeGreaterThan(INPUTS / 10);
  });
});
