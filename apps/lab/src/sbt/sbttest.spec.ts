/** sbttest of the lab against the disk library: Oracle's lines in Oracle's order, and an exit code that tells. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildLab } from '../instance/testing/build-lab';

let program: string;
let directory: string;
let library: string;

beforeAll(async () => {
  program = join(await buildLab(), 'sbt/sbttest-main.js');
  directory = mkdtempSync(join(tmpdir(), 'sbttest-'));
  library = join(directory, 'libdisksbt.so');
  const source = join(__dirname, 'testing/disk-sbt.c');
  const compiled = spawnSync('gcc', ['-shared', '-fPIC', '-o', library, source], { encoding: 'utf8' });
  expect(compiled.stderr).toBe('');
}, 120_000);

afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

function sbttest(
  env: Record<string, string> = {},
  name = 'backup_file',
): { code: number | null; lines: string[] } {
  const run = spawnSync(process.execPath, [program, name, '-libname', library], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], BACKUP_DIR: directory, ...env },
  });
  return { code: run.status, lines: run.stdout.trimEnd().split('\n') };
}

describe('sbttest', () => {
  it('prints what Oracle prints, removes its piece and exits with 0', () => {
    const { code, lines } = sbttest();
    expect(code).toBe(0);
    expect(lines.map((line) => line.replace(/seed=\d+/, 'seed=<n>'))).toEqual([
      `The sbt function pointers are loaded from ${library} library.`,
      '-- sbtinit succeeded',
      '-- sbtinit (2nd time) succeeded',
      'sbtinit: Media manager supports SBT API version 2.0',
      'sbtinit: vendor description string=Disk library for specs',
      expect.stringMatching(/^sbtinit: allocated sbt context area of \d+ bytes$/),
      'sbtinit: Media manager is version 1.2.3.4',
      '-- sbtinit2 succeeded',
      '-- regular_backup_restore starts ................................',
      '-- sbtbackup succeeded',
      'write 100 blocks',
      '-- sbtwrite2 succeeded',
      '-- sbtclose2 succeeded',
      'sbtinfo2: SBTBFINFO_NAME=backup_file',
      'sbtinfo2: SBTBFINFO_METHOD=stream',
      'sbtinfo2: SBTBFINFO_LABEL=spec-disk',
      'sbtinfo2: SBTBFINFO_SHARE=multiple users',
      'sbtinfo2: SBTBFINFO_ORDER=random access',
      'sbtinfo2: SBTBFINFO_COMMENT=kept in a directory',
      '-- sbtinfo2 succeeded',
      '-- sbtrestore succeeded',
      'file was created by this program:',
      '     seed=<n>, blk_size=16384, blk_count=100',
      'read 100 buffers',
      '-- sbtread2 succeeded',
      '-- sbtclose2 succeeded',
      '-- sbtremove2 succeeded',
      '-- regular_backup_restore ends   ................................',
      '-- sbtcommand succeeded',
      'proxy copy is not supported',
      '-- sbtend succeeded',
      '*** The SBT API test was successful ***',
    ]);
    expect(readdirSync(directory)).toEqual(['libdisksbt.so']);
  });

  it.each(['init2', 'backup', 'write2', 'close2', 'info2', 'restore', 'read2', 'remove2', 'command', 'end'])(
    'names sbt%s when it fails, and exits with 1',
    (call) => {
      const { code, lines } = sbttest({ DISK_SBT_FAIL: `${call}:1` }, `fails_in_${call}`);
      expect([code, lines.at(-1)]).toEqual([1, '*** The SBT API test FAILED ***']);
      expect(lines).toContain(`-- sbt${call} failed: code 7501`);
    },
  );
});
