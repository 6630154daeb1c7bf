// Every overlay as it would be applied: rendered, typed, restricted, and true to the settings of the processes.
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { settings as controlPlaneSettings } from '../../apps/control-plane/src/config';
import { settings as maintenanceSettings } from '../../apps/dedup-worker/src/maintenance/config';
import { settings as schedulerSettings } from '../../apps/scheduler/src/config';
import { type Settings } from '../../libs/runtime/src/index';
import { renderOverlay, type Manifest } from './kubectl';
import { unknownFields } from './unknown-fields';

interface Container {
  readonly name: string;
  readonly image: string;
  readonly env?: readonly { readonly name: string }[];
  readonly envFrom?: readonly { readonly configMapRef?: { readonly name: string } }[];
  readonly resources?: {
    readonly limits?: Record<string, string>;
    readonly requests?: Record<string, string>;
  };
  readonly securityContext?: {
    readonly allowPrivilegeEscalation?: boolean;
    readonly capabilities?: { readonly drop?: readonly string[] };
  };
}
interface PodSpec {
  readonly containers: readonly Container[];
  readonly securityContext?: {
    readonly runAsNonRoot?: boolean;
    readonly seccompProfile?: { readonly type: string };
  };
  readonly hostNetwork?: boolean;
}
interface Workload extends Manifest {
  readonly spec: {
    readonly selector?: { readonly matchLabels: Record<string, string> };
    readonly template: {
      readonly metadata: { readonly labels: Record<string, string> };
      readonly spec: PodSpec;
    };
  };
}

const settingsOf: Record<string, Settings> = {
  'control-plane': controlPlaneSettings,
  scheduler: schedulerSettings,
  prepare: controlPlaneSettings,
  maintenance: maintenanceSettings,
};
const workloadKinds = ['Deployment', 'StatefulSet', 'DaemonSet', 'Job'];

beforeAll(() => mkdirSync(resolve(__dirname, '..', '..', 'build'), { recursive: true }));

describe.each(['dev', 'production'])('overlay %s', (overlay) => {
  let manifests: Manifest[];
  let workloads: Workload[];
  beforeAll(() => {
    manifests = renderOverlay(overlay);
    workloads = manifests.filter((m) => workloadKinds.includes(m.kind)) as Workload[];
  });

  it('has a control-plane, a scheduler, a maintenance worker and the prepare job', () => {
    expect(workloads.map((w) => w.metadata.name)).toEqual(
      expect.arrayContaining(['control-plane', 'scheduler', 'maintenance', 'prepare']),
    );
  });

  it('holds only objects that their Kubernetes schemas accept', () => {
    for (const manifest of manifests) expect(() => validate(manifest)).not.toThrow();
  });

  it('holds no field that its Kubernetes type does not know', () => {
    expect(unknownFields(manifests)).toEqual([]);
  });

  it('runs every pod under the restricted Pod Security Standard', () => {
    for (const { metadata, spec } of workloads) {
      const pod = spec.template.spec;
      expect({ name: metadata.name, ...pod.securityContext }).toMatchObject({
        runAsNonRoot: true,
        seccompProfile: { type: 'RuntimeDefault' },
      });
      expect(pod.hostNetwork).toBeUndefined();
      for (const container of pod.containers) {
        expect(container.securityContext).toMatchObject({
          allowPrivilegeEscalation: false,
          capabilities: { drop: ['ALL'] },
        });
        expect(container.resources?.limits?.['memory']).toBeDefined();
        expect(container.resources?.requests?.['cpu']).toBeDefined();
      }
    }
  });

  it('selects exactly the labels that its pods carry', () => {
    for (const { metadata, spec } of workloads) {
      if (spec.selector === undefined) continue;
      expect({ name: metadata.name, labels: spec.template.metadata.labels }).toMatchObject({
        labels: spec.selector.matchLabels,
      });
    }
  });

  it('sets only environment variables that the started process declares, and every required one', () => {
    for (const workload of workloads) {
      const declared = settingsOf[workload.metadata.name];
      if (declared === undefined) continue;
      const given = workload.spec.template.spec.containers.flatMap((c) => environmentNames(c, manifests));
      const names = given.filter((name) => name.startsWith('ADYTON_'));
      expect({
        of: workload.metadata.name,
        unknown: names.filter((n) => !isDeclared(n, declared)),
      }).toMatchObject({ unknown: [] });
      expect({
        of: workload.metadata.name,
        missing: requiredNames(declared).filter((n) => !names.includes(n) && !names.includes(`${n}_FILE`)),
      }).toMatchObject({ missing: [] });
    }
  });

  it('refers only to config maps that it makes', () => {
    const made = manifests.filter((m) => m.kind === 'ConfigMap').map((m) => m.metadata.name);
    const used = workloads
      .flatMap((w) => w.spec.template.spec.containers.flatMap((c) => c.envFrom ?? []))
      .flatMap((e) => (e.configMapRef === undefined ? [] : [e.configMapRef.name]));
    expect(made).toEqual(expect.arrayContaining(used));
  });
});

it('notices a field that Kubernetes does not know', () => {
  const [deployment] = renderOverlay('dev').filter((m) => m.kind === 'Deployment');
  const broken = {
    ...deployment,
    spec: { ...(deployment?.['spec'] as object), replcas: 2 },
  } as unknown as Manifest;
  expect(unknownFields([broken]).join()).toContain('replcas');
});

function validate(manifest: Manifest): void {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- the class is chosen by the manifest's own apiVersion and kind
  const models = require(join('kubernetes-models', manifest.apiVersion)) as Record<
    string,
    new (data: Manifest) => { validate(): void }
  >;
  const Model = models[manifest.kind];
  if (Model === undefined) throw new Error(`no model for ${manifest.apiVersion} ${manifest.kind}`);
  new Model(manifest).validate();
}

function environmentNames(container: Container, manifests: readonly Manifest[]): string[] {
  const direct = (container.env ?? []).map((e) => e.name);
  const maps = (container.envFrom ?? []).flatMap((e) => {
    const map = manifests.find((m) => m.kind === 'ConfigMap' && m.metadata.name === e.configMapRef?.name);
    return Object.keys(map?.['data'] ?? {});
  });
  return [...direct, ...maps];
}

function isDeclared(name: string, declared: Settings): boolean {
  if (name in declared) return true;
  const base = name.replace(/_FILE$/, '');
  return name !== base && declared[base]?.secret === true;
}

function requiredNames(declared: Settings): string[] {
  return Object.entries(declared)
    .filter(([, s]) => s.default === undefined && s.optional !== true)
    .map(([name]) => name);
}
