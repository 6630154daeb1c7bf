/**
 * Failures of a simulated host by name, and what each does. An instance process arms and clears them on request of its control socket;
 * what they do to disks is a file below the host's directory, so that RMAN's channels meet it too.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { clearDiskFaults, readDiskFaults, writeDiskFaults } from '../engine/disk-faults';
import { bytesInArea } from '../engine/archiver';
import { type Instance } from '../instance/instance';
import { passwordFilePath } from '../instance/oracle-home';
import { type OperationName } from '../instance/instance-port';
import { begins, isPhase, type Phase, PHASES } from './phases';

/** Name, what happens, and the options it takes: all there is. */
export const HOST_FAULTS = {
  'instance-crash': { about: 'the instance dies at a phase of a backup', options: ['phase', 'after'] },
  'instance-hang': { about: 'the instance stops answering at a phase', options: ['phase', 'after'] },
  'listener-gone': { about: 'nobody listens any more', options: [] },
  'password-changed': { about: 'every password in the password file is another one', options: [] },
  'recovery-area-full': { about: 'no archived log fits any more', options: [] },
  'archived-log-lost': { about: 'the newest log not backed up is deleted behind the database', options: [] },
  'slow-disk': { about: 'each read and write of data files takes longer', options: ['ms'] },
  'media-error': { about: 'a block of a data file cannot be read', options: ['file', 'block'] },
  'clock-skew': { about: 'the clock of the host is wrong', options: ['seconds'] },
  'other-release': { about: 'the home is of another release', options: ['release'] },
  'standard-edition': { about: 'the home is of Standard Edition 2: one channel at a time', options: [] },
  'query-fails': { about: 'queries with a text in them fail with ORA-00235', options: ['match'] },
  'query-empty': { about: 'queries with a text in them have no rows', options: ['match'] },
} as const satisfies Record<string, { about: string; options: readonly string[] }>;

export type HostFaultName = keyof typeof HOST_FAULTS;

export interface HostFaultOptions {
  phase?: string;
  /** How often the phase passes before it strikes. */
  after?: number;
  ms?: number;
  file?: number;
  block?: number;
  seconds?: number;
  /** `19.20.0.0.0` */
  release?: string;
  /** Part of a statement, in whatever case. */
  match?: string;
}

export interface ArmedHostFault extends HostFaultOptions {
  name: HostFaultName;
}

/** What the process around an instance can do. */
export interface FaultyHost {
  instance: Instance;
  crash: () => void;
  hang: () => void;
  closeListener: () => Promise<void>;
  openListener: () => Promise<void>;
  setClockSkew: (milliseconds: number) => void;
}

const MS_PER_SECOND = 1000;

export function isHostFault(name: string): name is HostFaultName {
  return Object.hasOwn(HOST_FAULTS, name);
}

/** Throws RangeError for options the fault does not take, and for those it lacks. */
export function checkFaultOptions(name: HostFaultName, options: HostFaultOptions): void {
  const known: readonly string[] = HOST_FAULTS[name].options;
  for (const option of Object.keys(options))
    if (!known.includes(option)) throw new RangeError(`${name} takes no ${option}`);
  if (options.phase !== undefined && !isPhase(options.phase))
    throw new RangeError(`no such phase: ${options.phase}; known are ${Object.keys(PHASES).join(', ')}`);
  for (const needed of known) {
    if (needed === 'after') continue;
    if (options[needed as keyof HostFaultOptions] === undefined)
      throw new RangeError(`${name} needs ${needed}`);
  }
}

export class HostFaults {
  private readonly armed = new Map<HostFaultName, ArmedHostFault>();
  private readonly undo = new Map<HostFaultName, () => Promise<void> | void>();

  constructor(private readonly host: FaultyHost) {}

  list(): ArmedHostFault[] {
    return [...this.armed.values()];
  }

  /** Arms one; the same name again replaces it. */
  async arm(name: HostFaultName, options: HostFaultOptions): Promise<void> {
    checkFaultOptions(name, options);
    await this.clear(name);
    this.armed.set(name, { name, ...options });
    await this.begin(name, options);
  }

  /** Undoes what can be undone: a dead instance stays dead, a lost log stays lost. */
  async clear(name: HostFaultName): Promise<void> {
    this.armed.delete(name);
    const undo = this.undo.get(name);
    this.undo.delete(name);
    await undo?.();
  }

  async clearAll(): Promise<void> {
    for (const name of [...this.armed.keys()]) await this.clear(name);
  }

  /** What is wrong with a statement that a client sends, if anything. */
  ofStatement(sql: string): 'query-fails' | 'query-empty' | null {
    const text = sql.toLowerCase();
    for (const name of ['query-fails', 'query-empty'] as const) {
      const match = this.armed.get(name)?.match;
      if (match !== undefined && text.includes(match.toLowerCase())) return name;
    }
    return null;
  }

  /** An operation is about to be answered. True: never answer it, the instance is gone or hangs. */
  strikes(operation: OperationName, args: unknown): boolean {
    const due = [...this.armed.values()].find(
      ({ name, phase }) =>
        (name === 'instance-crash' || name === 'instance-hang') && begins(phase as Phase, operation, args),
    );
    if (due === undefined) return false;
    const left = due.after ?? 0;
    if (left > 0) {
      due.after = left - 1;
      return false;
    }
    this.armed.delete(due.name);
    if (due.name === 'instance-crash') this.host.crash();
    else this.host.hang();
    return true;
  }

  private async begin(name: HostFaultName, options: HostFaultOptions): Promise<void> {
    const { host } = this;
    switch (name) {
      case 'instance-crash':
      case 'instance-hang':
      case 'query-fails':
      case 'query-empty':
        return; // asked for when it matters
      case 'listener-gone':
        await host.closeListener();
        this.undo.set(name, () => host.openListener());
        return;
      case 'password-changed':
        this.undo.set(name, changePasswords(host.instance));
        return;
      case 'recovery-area-full':
        this.undo.set(name, fillRecoveryArea(host.instance));
        return;
      case 'archived-log-lost':
        loseArchivedLog(host.instance);
        return;
      case 'slow-disk':
      case 'media-error':
        this.beginDiskFault(name, options);
        return;
      case 'other-release':
      case 'standard-edition':
        this.undo.set(name, changeSoftware(host.instance, options.release));
        return;
      case 'clock-skew':
        host.setClockSkew((options.seconds ?? 0) * MS_PER_SECOND);
        this.undo.set(name, () => {
          host.setClockSkew(0);
        });
    }
  }

  private beginDiskFault(name: 'slow-disk' | 'media-error', { ms, file, block }: HostFaultOptions): void {
    const { base } = this.host.instance.options;
    const { badBlocks, ...others } = readDiskFaults(base);
    if (name === 'slow-disk') writeDiskFaults(base, { ...others, badBlocks, slowMs: ms ?? 0 });
    else
      writeDiskFaults(base, { ...others, badBlocks: [...badBlocks, { file: file ?? 0, block: block ?? 0 }] });
    this.undo.set(name, () => {
      clearDiskFaults(base, name === 'slow-disk' ? 'slowMs' : 'badBlocks');
    });
  }
}

/** @param versionFull absent: the edition changes instead */
function changeSoftware({ software }: Instance, versionFull: string | undefined): () => void {
  if (versionFull === undefined) software.edition = 'SE2';
  else software.versionFull = versionFull;
  return () => {
    if (versionFull === undefined) delete software.edition;
    else delete software.versionFull;
  };
}

/** The old file comes back when the fault is cleared. */
function changePasswords({ options: { oracleHome, sid } }: Instance): () => void {
  const path = passwordFilePath(oracleHome, sid);
  const before = readFileSync(path, 'utf8');
  const file = JSON.parse(before) as { users: { verifierHex: string }[] };
  for (const user of file.users) user.verifierHex = randomBytes(user.verifierHex.length / 2).toString('hex');
  writeFileSync(path, JSON.stringify(file, null, 2));
  return () => {
    writeFileSync(path, before);
  };
}

function fillRecoveryArea(instance: Instance): () => void {
  const name = 'db_recovery_file_dest_size';
  const before = instance.parameters.read()[name];
  const set = (value: number) => {
    instance.parameters.set({ name, value: String(value), scope: 'BOTH', sid: '*' });
  };
  set(bytesInArea(instance.store().current));
  return () => {
    if (before === undefined) instance.parameters.reset({ name, sid: '*' });
    else set(Number(before));
    if (instance.status === 'OPEN') instance.database().archiver.copyPending();
  };
}

function loseArchivedLog(instance: Instance): void {
  const lost = instance
    .store()
    .current.archivedLogs.findLast((log) => log.status === 'A' && log.name !== null && log.backupCount === 0);
  if (lost?.name === null || lost === undefined || !existsSync(lost.name))
    throw new RangeError('no archived log is there that was not backed up');
  rmSync(lost.name);
}
