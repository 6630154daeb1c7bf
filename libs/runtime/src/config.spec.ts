// Settings that are missing, malformed, unknown, secret or in a file.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, defineSettings, loadConfig, setting } from './index';

const settings = defineSettings({
  ADYTON_PORT: { schema: setting.port, default: '8080', doc: 'port' },
  ADYTON_URL: { schema: setting.url, doc: 'address' },
  ADYTON_SECRET: { schema: setting.text, secret: true, doc: 'secret' },
  ADYTON_HINT: { schema: setting.text, optional: true, doc: 'hint' },
});
const good = { ADYTON_URL: 'http://127.0.0.1:1', ADYTON_SECRET: 's' };

function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    loadConfig(settings, environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

it('fills in defaults and leaves out what is optional and not given', () => {
  expect(loadConfig(settings, good)).toEqual({
    ADYTON_PORT: 8080,
    ADYTON_URL: good.ADYTON_URL,
    ADYTON_SECRET: 's',
  });
});

it('lists every problem at once: missing, malformed and unknown', () => {
  const problems = problemsOf({ ADYTON_PORT: '99999', ADYTON_SECRET: 's', ADYTON_PROT: '1' });
  expect(problems.map((p) => p.split(':')[0])).toEqual(['ADYTON_PROT', 'ADYTON_PORT', 'ADYTON_URL']);
});

it('reads a secret from a file, and refuses the value and the file together', () => {
  const directory = mkdtempSync(join(tmpdir(), 'adyton-config-'));
  const file = join(directory, 'secret');
  writeFileSync(file, 'from-file\n');
  const { ADYTON_SECRET: _, ...rest } = good;
  expect(loadConfig(settings, { ...rest, ADYTON_SECRET_FILE: file }).ADYTON_SECRET).toBe('from-file');
  expect(problemsOf({ ...good, ADYTON_SECRET_FILE: file })).toHaveLength(1);
  expect(problemsOf({ ...rest, ADYTON_SECRET_FILE: join(directory, 'absent') })[0]).toContain('cannot read');
  rmSync(directory, { recursive: true });
});

it('takes a file for nothing but secrets', () => {
  expect(problemsOf({ ...good, ADYTON_URL_FILE: '/etc/hosts' })).toEqual([
    'ADYTON_URL_FILE: no such setting of this process',
  ]);
});
