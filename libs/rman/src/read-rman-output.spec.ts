// Output: no failure is ever read as success.
import { classifyRmanFailure, readRmanOutput } from './index';

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
    for (const lines of [['RMAN-77777: something new'], stack.slice(0, 3)])
      expect(readRmanOutput([...clean, ...lines].join('\n')).outcome.kind).toBe('errors');
  });

  it('knows errors of every facility, also indented', () => {
    for (const line of ['PLS-00553: character set name is not recognized', '  ORA-00600: internal error'])
      expect(readRmanOutput([...clean, line].join('\n')).outcome).toEqual({
        kind: 'errors',
        stack: [line.trim()],
      });
  });

  it('takes output that breaks off for a failure, whatever it says up to there', () => {
    const { outcome } = readRmanOutput(clean.slice(0, -1).join('\n'));
    expect(outcome).toEqual({ kind: 'errors', stack: [expect.stringContaining('breaks off')] });
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
      const report = readRmanOutput([...picked, 'Recovery Manager complete.'].join('\n'));
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
    expect(
      classifyRmanFailure([
        'RMAN-03009: x',
        'ORA-19566: exceeded limit of 0 corrupt blocks for file /u01/a.dbf',
      ]),
    ).toMatchObject({ code: 'ADY_CORRUPT_BLOCKS' });
    expect(
      classifyRmanFailure([
        'RMAN-03002: failure of startup command',
        'ORA-01081: cannot start already-running ORACLE',
      ]),
    ).toMatchObject({ code: 'ADY_TARGET_RUNNING' });
    expect(classifyRmanFailure([])).toMatchObject({ code: 'ADY_RMAN_FAILED' });
  });
});
