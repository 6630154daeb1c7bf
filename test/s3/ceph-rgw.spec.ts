// The object-store contract, and a piece through the vault, against a real S3 server that is not ours: Ceph RGW from Debian.
// Where it cannot be installed, S3_TEST_ENDPOINT, S3_TEST_ACCESS_KEY and S3_TEST_SECRET_KEY name another one.
import { openObjectStore, type ObjectStore } from '@adyton/object-store';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeObjectStore } from '../../libs/object-store/src/testing/object-store.contract';
import { testVault, writePiece } from '../../libs/vault/src/testing/test-vault';
import { dataFilePiece, range } from '../../libs/vault/src/testing/oracle-stream';
import { freePort } from '../../stack/src/free-port';
import { runCommand } from '../../stack/src/run-command';

const script = join(__dirname, 'ceph-rgw.sh');
const NOT_INSTALLABLE = 3;
jest.setTimeout(300_000);

const directory = mkdtempSync(join(tmpdir(), 'adyton-ceph-'));
let endpoint = process.env['S3_TEST_ENDPOINT'];
let accessKeyId = process.env['S3_TEST_ACCESS_KEY'] ?? '';
let secretAccessKey = process.env['S3_TEST_SECRET_KEY'] ?? '';

beforeAll(async () => {
  const port = await freePort();
  const started = await runCommand('bash', [script, 'start', join(directory, 'ceph'), String(port)]);
  if (started.code === 0) {
    const value = (name: string): string => new RegExp(`^${name}=(.*)$`, 'm').exec(started.stdout)?.[1] ?? '';
    endpoint = value('ENDPOINT');
    accessKeyId = value('ACCESS');
    secretAccessKey = value('SECRET');
  } else if (started.code !== NOT_INSTALLABLE || endpoint === undefined) {
    throw new Error(`Ceph RGW did not start, and S3_TEST_ENDPOINT names no other server:\n${started.stderr}`);
  }
});
afterAll(async () => {
  await runCommand('bash', [script, 'stop', join(directory, 'ceph')]);
  rmSync(directory, { recursive: true, force: true });
});

function open(bucket: string, secret = secretAccessKey): Promise<ObjectStore> {
  return openObjectStore({
    kind: 's3',
    endpoint: endpoint ?? '',
    region: 'us-east-1',
    bucket,
    accessKeyId,
    secretAccessKey: secret,
    createBucket: true,
  });
}

describeObjectStore('Ceph RGW', () => open('contract'));

it('refuses a wrong secret as denied', async () => {
  await expect(open('contract', 'wrong')).rejects.toMatchObject({ kind: 'denied' });
});

it('brings a piece through the vault and back', async () => {
  const vault = testVault(await open('vault'));
  const session = await vault.session(1);
  const bytes = dataFilePiece({ run: 1, blocks: range(1, 900) });
  await writePiece(session, 'h/1', bytes);
  expect(await session.commit({ contents: {}, closure: ['h/1'] })).toMatchObject({ kind: 'committed' });
  await session.end();
  expect((await vault.restore('h/1')).equals(bytes)).toBe(true);
});
