// Every tier starts from the built output with exactly the command and the environment variables that its manifests give it. Names come
// from the manifests; values that are addresses, secrets or places of this machine are put in by name, all others stay as they are.
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { renderOverlay, type Manifest } from '../../k8s/check/kubectl';
import { ManagedProcess } from '../../stack/src/managed-process';
import { runStack, type RunningStack } from '../support/running-stack';

jest.setTimeout(240_000);
const root = resolve(__dirname, '..', '..');
let stack: RunningStack;
let values: Record<string, string>;
beforeAll(async () => {
  stack = await runStack();
  values = valuesOfThisMachine();
});
afterAll(() => stack.stop());

interface Tier {
  /** Arguments of node. */
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

const readyEvents: Record<string, string> = {
  prepare: 'vault.opened',
  'control-plane': 'control-plane.listening',
  scheduler: 'scheduler.ready',
  maintenance: 'maintenance.ready',
  'dedup-worker': 'dedup-worker.ready',
  agent: 'agent.ready',
};

it.each(['prepare', 'control-plane', 'scheduler', 'maintenance', 'dedup-worker', 'agent'])(
  '%s starts as docker-compose.yml has it',
  async (name) => {
    await expectReady(`compose-${name}`, name, composeTier(name));
  },
);

describe.each(['dev', 'production'])('overlay %s', (overlay) => {
  it.each(['prepare', 'control-plane', 'scheduler', 'maintenance'])(
    '%s starts as its manifest has it',
    async (name) => {
      await expectReady(`${overlay}-${name}`, name, kubernetesTier(overlay, name));
    },
  );
});

async function expectReady(label: string, name: string, { command, environment }: Tier): Promise<void> {
  // The runtime directory of the host, which systemd or a volume provides.
  mkdirSync(join(stack.directory, label));
  const tier = await ManagedProcess.start({
    name: label,
    command: process.execPath,
    args: command.map((word) => (word.startsWith('dist/') ? join(root, word) : word)),
    env: Object.fromEntries(
      Object.entries(environment).map(([key, value]) => [key, valueOf(key, value, label)]),
    ),
    readyEvent: readyEvents[name] ?? '',
    logFile: join(stack.logsDir, `${label}.log`),
  });
  await tier.stop('SIGTERM');
}

/** `X_FILE` gets a file with the value of X, of the mode that a Kubernetes secret volume has. */
function valueOf(name: string, given: string, label: string): string {
  if (name === 'ADYTON_SBT_SOCKET' || name === 'ADYTON_STATE_DIR') return join(stack.directory, label, name);
  const known = values[name];
  if (known !== undefined) return known;
  const secret = values[name.replace(/_FILE$/, '')];
  if (secret === undefined || !name.endsWith('_FILE')) return given;
  const path = join(stack.directory, `secret-of-${name}`);
  writeFileSync(path, secret);
  return path;
}

function valuesOfThisMachine(): Record<string, string> {
  const control = join(stack.directory, 'control');
  const key = join(control, 'vault.key');
  const mounted = join(stack.directory, 'mounted', 'vault.key');
  mkdirSync(join(stack.directory, 'mounted'));
  writeFileSync(mounted, readFileSync(key));
  chmodSync(mounted, process.getuid?.() === 0 ? 0o440 : 0o400);
  const { ADYTON_S3_SECRET_ACCESS_KEY_FILE: secretFile = '', ...store } = stack.lab.s3Settings();
  return {
    ...store,
    ADYTON_S3_SECRET_ACCESS_KEY: readFileSync(secretFile, 'utf8').trim(),
    ADYTON_LEDGER_URL: stack.ledgerUrl,
    ADYTON_REDIS_URL: stack.redisUrl,
    ADYTON_API_TOKEN: readFileSync(stack.tokenFile, 'utf8').trim(),
    ADYTON_VAULT_KEY_FILE: mounted,
    ADYTON_HTTP_HOST: '127.0.0.1',
    ADYTON_HTTP_PORT: '0',
    ADYTON_CONTROL_PLANE_URL: stack.url,
    ADYTON_HOST_ID: stack.host.id,
    ADYTON_HOST_TOKEN: stack.host.token,
    ADYTON_SBT_LIBRARY: join(root, 'build', 'native', 'libobk.so'),
    ADYTON_ORACLE_CREDENTIALS_FILE: stack.lab.credentialsFile,
  };
}

function composeTier(name: string): Tier {
  const compose = parse(readFileSync(join(root, 'docker-compose.yml'), 'utf8'), { merge: true }) as {
    services: Record<
      string,
      { build: { dockerfile: string }; command?: string[]; environment: Record<string, string> }
    >;
  };
  const service = compose.services[name];
  if (service === undefined) throw new Error(`docker-compose.yml has no ${name}`);
  const image = imageOf(service.build.dockerfile);
  return {
    command: (service.command ?? image.command).slice(1),
    environment: { ...image.environment, ...service.environment },
  };
}

/** What an image adds: ENV and CMD of its last stage. */
function imageOf(dockerfile: string): { command: string[]; environment: Record<string, string> } {
  const text = readFileSync(join(root, dockerfile), 'utf8');
  const last = text.slice(text.lastIndexOf('\nFROM '));
  const command = JSON.parse(/^CMD (\[.*\])$/m.exec(last)?.[1] ?? '[]') as string[];
  const environment = [...last.matchAll(/^ENV (\w+)=(.*)$/gm)].map(([, key = '', value = '']) => [
    key,
    value,
  ]);
  return { command, environment: Object.fromEntries(environment) as Record<string, string> };
}

interface Container {
  readonly image: string;
  readonly command?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly envFrom?: readonly { readonly configMapRef?: { readonly name: string } }[];
}

function kubernetesTier(overlay: string, name: string): Tier {
  const manifests = renderOverlay(overlay);
  const workload = manifests.find(
    (m) => ['Deployment', 'Job'].includes(m.kind) && m.metadata.name === name,
  ) as (Manifest & { spec: { template: { spec: { containers: Container[] } } } }) | undefined;
  const container = workload?.spec.template.spec.containers[0];
  if (container === undefined) throw new Error(`overlay ${overlay} has no ${name}`);
  const maps = (container.envFrom ?? []).flatMap(({ configMapRef }) => {
    const map = manifests.find((m) => m.kind === 'ConfigMap' && m.metadata.name === configMapRef?.name);
    return Object.entries((map?.['data'] ?? {}) as Record<string, string>);
  });
  const direct = (container.env ?? []).map((e): [string, string] => [e.name, e.value ?? 'from a secret']);
  const app = /adyton\/([a-z-]+):/.exec(container.image)?.[1] ?? '';
  const image = imageOf(`deploy/docker/${app}.Dockerfile`);
  return {
    command: (container.command ?? image.command).slice(1),
    environment: { ...image.environment, ...Object.fromEntries([...maps, ...direct]) },
  };
}
