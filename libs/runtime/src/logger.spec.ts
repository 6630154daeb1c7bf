// The form of a log line, and secrets in every place of it.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const source = join(__dirname, 'logger.ts');

it('writes JSON lines to stderr and redacts secrets wherever they stand', () => {
  const script = `
    const { createLogger } = require(${JSON.stringify(source)});
    const log = createLogger({ process: 'test', level: 'info' });
    log.info({ runId: 'run_1', sbtToken: 'SECRET', request: { token: 'SECRET', password: 'SECRET' } }, 'run.claimed');`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--no-warnings', '-e', script], {
    encoding: 'utf8',
  });
  expect(stdout).toBe('');
  expect(stderr).not.toContain('SECRET');
  expect(JSON.parse(stderr)).toMatchObject({ process: 'test', runId: 'run_1', msg: 'run.claimed' });
});
