/**
 * Disks that are slow or have bad sectors: `<base>/lab/disk-faults.json`, read by every process of the simulated host that reads data
 * files. Looked at again after a second, so that arming one takes effect in what already runs.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface DiskFaultPlan {
  /** Each read or write of data files takes this much longer, milliseconds. */
  slowMs?: number;
  badBlocks: readonly { file: number; block: number }[];
}

const LOOK_AGAIN_MS = 1000;
const NO_FAULTS: DiskFaultPlan = { badBlocks: [] };

function pathOf(base: string): string {
  return join(base, 'lab', 'disk-faults.json');
}

export function readDiskFaults(base: string): DiskFaultPlan {
  const path = pathOf(base);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as DiskFaultPlan) : NO_FAULTS;
}

export function writeDiskFaults(base: string, plan: DiskFaultPlan): void {
  const path = pathOf(base);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.next`, JSON.stringify(plan));
  renameSync(`${path}.next`, path);
  known = undefined;
}

export function clearDiskFaults(base: string, what: keyof DiskFaultPlan): void {
  const { slowMs, badBlocks } = readDiskFaults(base);
  const left: DiskFaultPlan = {
    badBlocks: what === 'badBlocks' ? [] : badBlocks,
    ...(what === 'slowMs' || slowMs === undefined ? {} : { slowMs }),
  };
  if (left.slowMs === undefined && left.badBlocks.length === 0) rmSync(pathOf(base), { force: true });
  else writeDiskFaults(base, left);
  known = undefined;
}

let base: string | undefined;
let known: { plan: DiskFaultPlan; atMs: number } | undefined;

/** Tells this process on which host it is. Without it no disk of this process ever fails. */
export function useDiskFaultsOf(directory: string): void {
  base = directory;
  known = undefined;
}

/** Blocks `first` to `first + count - 1` of a data file are about to be read; answers the first that cannot be. */
export function beforeRead(file: number, first: number, count: number): number | undefined {
  const { slowMs = 0, badBlocks } = currentPlan();
  pause(slowMs);
  return badBlocks.find((b) => b.file === file && b.block >= first && b.block < first + count)?.block;
}

export function beforeWrite(): void {
  pause(currentPlan().slowMs ?? 0);
}

function currentPlan(): DiskFaultPlan {
  if (base === undefined) return NO_FAULTS;
  const nowMs = performance.now();
  if (known === undefined || nowMs - known.atMs > LOOK_AGAIN_MS)
    known = { plan: readDiskFaults(base), atMs: nowMs };
  return known.plan;
}

/** The disk makes its process wait, not only one task of it. */
function pause(ms: number): void {
  if (ms > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
