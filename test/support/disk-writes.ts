// What the processes of a database host put on its disks while something goes on, in whatever directory and under whatever name: agent,
// dedup-worker, and RMAN with its channels, which are the Oracle user's. The kernel counts the bytes of each process, and names its open files.
import { setTimeout as sleep } from 'node:timers/promises';
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { rmanProcesses } from './oracle-host';
import { type RunningStack } from './running-stack';

export interface DiskWrites {
  /** By all of these processes, into files; bytes to sockets are none. */
  readonly bytes: number;
  /** The largest file that one of them had open for writing, on a file system in memory too, bytes. */
  readonly largestFileBytes: number;
}

/** A piece of megabytes takes longer to write than this, ms. */
const LOOK_EVERY_MS = 50;
/** Of open(2): write only, or read and write. */
const O_ACCMODE = 3;

export async function diskWritesDuring(
  stack: RunningStack,
  work: () => Promise<unknown>,
): Promise<DiskWrites> {
  const { agent, 'dedup-worker': dedupWorker } = stack.services;
  const before = new Map([agent.pid, dedupWorker.pid].map((pid) => [pid, bytesWritten(pid)]));
  const written = new Map(before);
  let largestFileBytes = 0;
  let isOver = false;
  const look = (): void => {
    for (const pid of [agent.pid, dedupWorker.pid, ...rmanProcesses(stack)]) {
      written.set(pid, Math.max(written.get(pid) ?? 0, bytesWritten(pid)));
      largestFileBytes = Math.max(largestFileBytes, ...openForWriting(pid));
    }
  };
  const looking = (async () => {
    for (; !isOver; await sleep(LOOK_EVERY_MS)) look();
    look();
  })();
  try {
    await work();
  } finally {
    isOver = true;
    await looking;
  }
  const bytes = [...written].reduce((sum, [pid, now]) => sum + now - (before.get(pid) ?? 0), 0);
  return { bytes, largestFileBytes };
}

function bytesWritten(pid: number): number {
  return unlessGone(
    () => Number(/^write_bytes: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1]),
    0,
  );
}

/** Sizes of its regular files, those without a name any more among them. */
function openForWriting(pid: number): number[] {
  const files = unlessGone(() => readdirSync(`/proc/${pid}/fd`), []);
  return files.map((fd) =>
    unlessGone(() => {
      const flags = Number.parseInt(
        /^flags:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8'))?.[1] ?? '0',
        8,
      );
      const isFile = readlinkSync(`/proc/${pid}/fd/${fd}`).startsWith('/');
      if ((flags & O_ACCMODE) === 0 || !isFile) return 0;
      const facts = statSync(`/proc/${pid}/fd/${fd}`);
      return facts.isFile() ? facts.size : 0;
    }, 0),
  );
}

/** A process, or a file of it, may be gone between two looks. */
function unlessGone<T>(look: () => T, otherwise: T): T {
  try {
    return look();
  } catch {
    return otherwise;
  }
}
