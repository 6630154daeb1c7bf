/**
 * Arms and claims the failures of the catalog. An armed fault is one entry of `<base>/lab/faults.json`; whoever comes to its stage claims it,
 * and a fault that has struck as often as it was armed for is spent.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { FAULTS, type FaultName, type FaultStage } from './rman-fault-catalog';

export interface ArmedFault {
  name: FaultName;
  /** Strikes this often, then is spent. */
  times: number;
  /** Only on this channel, only for pieces or files whose name contains the text. */
  channel?: string;
  match?: string;
  /** What the media manager says; for media faults. */
  text?: string;
}

type StoredFault = ArmedFault & { id: string };

/** Most strikes of one armed fault. */
const TIMES_MAX = 10_000;

export function isFaultName(name: string): name is FaultName {
  return Object.hasOwn(FAULTS, name);
}

function faultsPath(base: string): string {
  return join(base, 'lab', 'faults.json');
}

/** The armed faults, spent ones included. */
export function armedFaults(base: string): StoredFault[] {
  const path = faultsPath(base);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as StoredFault[]) : [];
}

/** Adds one fault. Throws RangeError for a number of times that is none. */
export function armFault(base: string, fault: ArmedFault): void {
  if (!Number.isSafeInteger(fault.times) || fault.times < 1 || fault.times > TIMES_MAX) {
    throw new RangeError(`a fault strikes 1 to ${TIMES_MAX} times`);
  }
  store(base, [...armedFaults(base), { ...fault, id: randomBytes(8).toString('hex') }]);
}

/** Takes back the faults of this name, or all. */
export function disarmFaults(base: string, name?: FaultName): void {
  store(base, name === undefined ? [] : armedFaults(base).filter((fault) => fault.name !== name));
}

function store(base: string, faults: StoredFault[]): void {
  const path = faultsPath(base);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.next`, JSON.stringify(faults, null, 2) + '\n');
  renameSync(`${path}.next`, path);
  if (faults.length === 0) rmSync(join(dirname(path), 'struck'), { recursive: true, force: true });
}

/** Takes one strike of a fault that fits, so that no two processes take the same; undefined: nothing goes wrong here. */
export function claimFault(
  base: string,
  name: FaultName,
  where: { channel?: string; subject?: string } = {},
): ArmedFault | undefined {
  return armedFaults(base).find(
    (fault) =>
      fault.name === name &&
      (fault.channel === undefined || fault.channel === where.channel) &&
      (fault.match === undefined || (where.subject ?? '').includes(fault.match)) &&
      takeStrike(base, fault),
  );
}

/** A directory per strike: making it succeeds once only. */
function takeStrike(base: string, { id, times }: StoredFault): boolean {
  const struck = join(base, 'lab', 'struck');
  mkdirSync(struck, { recursive: true });
  for (let i = 0; i < times; i++) {
    if (existsSync(join(struck, `${id}.${i}`))) continue;
    if (tryMake(join(struck, `${id}.${i}`))) return true;
  }
  return false;
}

function tryMake(path: string): boolean {
  try {
    mkdirSync(path);
    return true;
  } catch (error) {
    if (existsSync(path)) return false;
    throw error;
  }
}

/** The stack of a fault with its blanks filled in. */
export function faultLines(name: FaultName, values: Record<string, string> = {}): string[] {
  return FAULTS[name].lines.map((line) =>
    line.replace(/\$\{(\w+)\}/g, (_whole, key: string) => values[key] ?? ''),
  );
}

/** The faults of a stage, in the order of the list. */
export function faultsAt(stage: FaultStage): FaultName[] {
  return (Object.keys(FAULTS) as FaultName[]).filter((name) => FAULTS[name].stage === stage);
}
