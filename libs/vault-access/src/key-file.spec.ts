// The key file: made once for its owner alone, refused when others can read it or it is not a key.
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKeyFile, readKeyFile } from './key-file';

let directory: string;
let path: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'adyton-key-'));
  path = join(directory, 'vault.key');
});
afterEach(() => rm(directory, { recursive: true, force: true }));
const key = Buffer.alloc(32, 7);

it('is made with mode 0600 and never replaced', async () => {
  expect(await createKeyFile(path, key)).toBe(true);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await createKeyFile(path, Buffer.alloc(32, 8))).toBe(false);
  expect(await readKeyFile(path)).toEqual(key);
});

it('is refused when others can read it', async () => {
  await createKeyFile(path, key);
  await chmod(path, 0o644);
  await expect(readKeyFile(path)).rejects.toMatchObject({ code: 'ADY_VAULT_KEY_WRONG' });
});

it('may be read by its group only when root owns it, as in a mounted secret', async () => {
  await createKeyFile(path, key);
  await chmod(path, 0o440);
  const reading = readKeyFile(path);
  if ((await stat(path)).uid === 0) expect(await reading).toEqual(key);
  else await expect(reading).rejects.toMatchObject({ code: 'ADY_VAULT_KEY_WRONG' });
});

it('is refused when it is missing or has another length, and stays as it is', async () => {
  await expect(readKeyFile(path)).rejects.toMatchObject({ code: 'ADY_VAULT_KEY_WRONG' });
  await writeFile(path, 'short', { mode: 0o600 });
  await expect(readKeyFile(path)).rejects.toMatchObject({ code: 'ADY_VAULT_KEY_WRONG' });
  expect(await readFile(path, 'utf8')).toBe('short');
});
