// Scripts: the same input gives the same text, and no name can break out of its place. Output: no failure is ever read as success.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  classifyRmanFailure,
  composeControlFileScript,
  composeDataScript,
  composeLogScript,
  composeRestoreScript,
  handlePrefix,
  readDatabaseIdentity,
  readRmanOutput,
  RmanScriptError,
  tagOf,
  type ChannelSettings,
} from './index';
import { parseComposedScript } from './parse-composed-script';

const names = { runToken: 'ABCD1234', fence: 7, handlePrefix: handlePrefix('1565056049', 'ORCL') };
const channels: ChannelSettings = {
  count: 2,
  libraryPath: '/opt/adyton/lib/libobk.so',
  socketPath: '/run/adyton/sbt.sock',
  tokenFile: '/var/lib/adyton/runs/r/token',
  runId: 'run_01K9Z0000000000000ABCD1234',
};
const restore = {
  dbid: '1565056049',
  channels,
  runToken: 'ABCD1234',
  controlFileHandle: 'a1b2c3d4/ABCD1234_7_CF_0a1b2c3d_1_1_1',
  handles: ['a1b2c3d4/x_1', 'a1b2c3d4/x_2'],
  untilScn: '48211903',
  directory: '/u02/copy',
};

const scripts: Record<string, () => string> = {
  level0: () => composeDataScript({ names, channels, level0Files: [1, 3, 4], level1Files: [] }),
  mixed: () =>
    composeDataScript({ names, channels: { ...channels, count: 1 }, level0Files: [8], level1Files: [1, 3] }),
  logs: () =>
    composeLogScript({ names, channels, ranges: [{ thread: 1, fromSequence: 12, untilSequence: 19 }] }),
  'control-file': () => composeControlFileScript({ names, channels, spfile: true }),
  restore: () => composeRestoreScript(restore),
};

describe('composing', () => {
  it.each(Object.keys(scripts))('%s is the script of the golden file', (name) => {
    const file = join(__dirname, 'golden', `${name}.rman`);
    const text = scripts[name]?.() ?? '';
    if (!existsSync(file) && process.env['GOLDEN_WRITE'] === 'yes') writeFileSync(file, text);
    expect(text).toBe(readFileSync(file, 'utf8'));
  });

  it.each(Object.keys(scripts))('%s can be read by the written grammar', (name) => {
    expect(parseComposedScript(scripts[name]?.() ?? '')?.length).toBeGreaterThan(3);
  });

  it('keeps tags at thirty characters of upper case', () => {
    expect(tagOf('level1', 'abcd1234')).toBe('ADY_L1_ABCD1234');
  });

  it('keeps the secret out of scripts: only the path of the token file is there', () => {
    expect(scripts['level0']?.()).toContain('ADY_TOKEN_FILE=/var/lib/adyton/runs/r/token');
  });

  it('refuses names that could break out, at every place, for 20,000 made-up ones', () => {
    const pieces = [
      "'",
      '"',
      ';',
      ' ',
      '\n',
      '(',
      ')',
      ',',
      '}',
      '{',
      'a',
      'Z',
      '/',
      '9',
      '_',
      '-',
      '.',
      '%',
      '$',
      '\\',
      '\u00e9',
      '\0',
      'RUN {',
      '; HOST ',
    ];
    let state = 99;
    const random = (n: number): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return (state >>> 8) % n;
    };
    let refused = 0;
    for (let i = 0; i < 20_000; i += 1) {
      const text = Array.from({ length: 1 + random(8) }, () => pieces[random(pieces.length)] ?? '').join('');
      const field = random(5);
      try {
        const script = [
          () => composeRestoreScript({ ...restore, directory: text }),
          () => composeRestoreScript({ ...restore, handles: [text] }),
          () =>
            composeDataScript({
              names: { ...names, runToken: text },
              channels,
              level0Files: [1],
              level1Files: [],
            }),
          () =>
            composeDataScript({
              names,
              channels: { ...channels, libraryPath: `/${text}` },
              level0Files: [1],
              level1Files: [],
            }),
          () =>
            composeControlFileScript({ names, channels: { ...channels, tokenFile: text }, spfile: false }),
        ][field]?.();
        expect({ text, parsed: parseComposedScript(script ?? '') === null }).toEqual({ text, parsed: false });
      } catch (error) {
        expect(error).toBeInstanceOf(RmanScriptError);
        refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(10_000);
  });

  it('refuses PARMS that older releases could not take', () => {
    expect(() =>
      composeLogScript({
        names,
        channels: { ...channels, libraryPath: `/${'x'.repeat(200)}`, tokenFile: `/${'y'.repeat(200)}` },
        ranges: [{ thread: 1, fromSequence: 1, untilSequence: 1 }],
      }),
    ).toThrow(RmanScriptError);
  });
});

describe('reading output', () => {
  const clean = [
    'Starting backup at 2026-11-23 01:30:00',
    'channel c1: starting incremental level 0 datafile backup set',
    'input datafile file number=00004 name=/u01/oradata/ORCL/users01.dbf',
    'channel c1: finished piece 1 at 2026-11-23 01:31:00',
    'piece handle=a1b2c3d4/ABCD1234_7_F4_0a1b2c3d_1_1_1 tag=ADY_L0_ABCD1234 comment=API Version 2.0,MMS Version 0.1.0.0',
    'channel c1: backup set complete, elapsed time: 00:01:00',
    'RMAN-08120: warning: archived log not deleted, not yet applied by standby',
    'Recovery Manager complete.',
  ];
  const stack = [
    'RMAN-00571: ===========================================================',
    'RMAN-00569: =============== ERROR MESSAGE STACK FOLLOWS ===============',
    'RMAN-00571: ===========================================================',
    'RMAN-03009: failure of backup command on c1 channel at 11/23/2026 01:31:00',
    'ORA-19502: write error on file "x", block number 1 (block size=8192)',
    'ORA-27030: skgfwrt: sbtwrite2 returned error',
    'ORA-19511: non RMAN, but media manager or vendor specific failure, error text:',
    '   ADY_STORE_FULL: s3 bucket b: no room | HINT: free space',
  ];

  it('finds the pieces, their channel, tag and comment', () => {
    const report = readRmanOutput(clean.join('\n'));
    expect(report.outcome).toEqual({ kind: 'clean' });
    expect(report.pieces).toEqual([
      {
        channel: 'c1',
        handle: 'a1b2c3d4/ABCD1234_7_F4_0a1b2c3d_1_1_1',
        tag: 'ADY_L0_ABCD1234',
        comment: 'API Version 2.0,MMS Version 0.1.0.0',
      },
    ]);
  });

  it('keeps a stack in order, with the library’s text, and without rulers', () => {
    const { outcome } = readRmanOutput([...clean, ...stack].join('\r\n'));
    expect(outcome).toEqual({ kind: 'errors', stack: stack.slice(3).map((l) => l.trim()) });
  });

  it('takes an unknown error for an error, and an announced stack that never came, too', () => {
    expect(readRmanOutput('RMAN-77777: something new').outcome.kind).toBe('errors');
    expect(readRmanOutput(stack.slice(0, 3).join('\n')).outcome.kind).toBe('errors');
  });

  it('never throws and never loses an error line, whatever surrounds it', () => {
    let state = 7;
    const random = (n: number): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return (state >>> 8) % n;
    };
    const lines = [
      ...clean,
      ...stack,
      '',
      '\u0000\u0001',
      'piece handle=',
      'channel : finished piece',
      '   ',
      'ORA-',
      'x'.repeat(5000),
    ];
    for (let i = 0; i < 5_000; i += 1) {
      const picked = Array.from({ length: random(12) }, () => lines[random(lines.length)] ?? '');
      const report = readRmanOutput(picked.join('\n'));
      const failed = picked.some((l) => /^(RMAN-03009|ORA-\d{5}|RMAN-0057|RMAN-00569)/.test(l));
      expect(report.outcome.kind === 'errors').toBe(failed);
    }
  });
});

describe('classifying a failure', () => {
  it('believes the library first, and leaves its hint out of the detail', () => {
    expect(
      classifyRmanFailure([
        'RMAN-03009: failure',
        'ORA-19511: text:',
        'ADY_STORE_FULL: no room | HINT: free space',
      ]),
    ).toEqual({ code: 'ADY_STORE_FULL', detail: 'no room' });
    expect(classifyRmanFailure(['ADY_SBT_CONNECTION_LOST: gone'])).toMatchObject({
      code: 'ADY_SBT_CONNECTION_LOST',
    });
    expect(classifyRmanFailure(['ADY_SBT_TOKEN_FILE: may be read by others'])).toMatchObject({
      code: 'ADY_SBT_FAILED',
    });
  });

  it('knows some numbers, and calls the rest what it is', () => {
    expect(
      classifyRmanFailure(['RMAN-03002: x', 'RMAN-06059: expected archived log not found']),
    ).toMatchObject({ code: 'ADY_LOG_GAP' });
    expect(classifyRmanFailure(['RMAN-03002: x', 'ORA-00600: internal'])).toEqual({
      code: 'ADY_RMAN_FAILED',
      detail: 'RMAN-03002: x',
    });
    expect(classifyRmanFailure([])).toMatchObject({ code: 'ADY_RMAN_FAILED' });
  });
});

describe('who a database is', () => {
  const printed = `connected to target database: SALES (DBID=4294967295)
Report of database schema for database with db_unique_name SALES_FRA
 3       3       SALES    4294967295       PARENT  1          17-APR-19
 4       4       SALES    4294967295       CURRENT 1920977    26-NOV-26`;

  it('is read from two reports, with the incarnation that is current', () => {
    expect(readDatabaseIdentity(printed)).toEqual({
      dbid: '4294967295',
      dbName: 'SALES',
      dbUniqueName: 'SALES_FRA',
      resetlogsScn: '1920977',
      errors: [],
    });
  });

  it('stays unknown as far as RMAN does not say it, with the reason', () => {
    const { dbid, dbUniqueName, errors } = readDatabaseIdentity(
      'connected to target database (not started)\nRMAN-00571: ====\nRMAN-06403: could not obtain a fully authorized session\nORA-01034: ORACLE not available',
    );
    expect([dbid, dbUniqueName]).toEqual([null, null]);
    expect(errors.at(-1)).toBe('ORA-01034: ORACLE not available');
    expect(readDatabaseIdentity('\0'.repeat(1000))).toMatchObject({ dbid: null });
  });
});
