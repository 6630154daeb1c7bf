/**
 * Redo of several threads in the order of their SCNs. An SCN is used once in the whole database, whichever instance wrote it, so
 * recovery takes the lowest of all threads each time, and may go only as far as the shortest thread reaches.
 */
import { SCN_MAX, type Scn } from '../formats/scn';
import { type PlannedLog } from './plan-logs';
import { type PlacedRecord, readRedoRecords } from './read-redo-log';

/** The logs of one thread, without a gap. */
export interface ThreadPlan {
  thread: number;
  logs: PlannedLog[];
  /** Every lower change of the thread is in its logs; SCN_MAX while the last one is still written to. */
  endScn: Scn;
  /** Sequence of the log that is missing behind them (unknown: undefined). */
  nextSequence: number | undefined;
  /** Later logs are there, but not the next one. */
  hasGap: boolean;
}

/** Cuts each thread at its first gap; `position` is where recovery starts. */
export function planThreads(logs: readonly PlannedLog[], position: Scn): ThreadPlan[] {
  const threads = new Map<number, PlannedLog[]>();
  for (const log of logs) {
    const known = threads.get(log.header.thread);
    if (known === undefined) threads.set(log.header.thread, [log]);
    else known.push(log);
  }
  return [...threads].map(([thread, ordered]) => planThread(thread, ordered, position));
}

function planThread(thread: number, ordered: PlannedLog[], position: Scn): ThreadPlan {
  const logs: PlannedLog[] = [];
  let endScn = position;
  for (const log of ordered) {
    if (log.header.firstScn > endScn) {
      return { thread, logs, endScn, nextSequence: sequenceBefore(log, logs.at(-1)), hasGap: true };
    }
    logs.push(log);
    endScn = log.endScn;
  }
  const last = logs.at(-1);
  return {
    thread,
    logs,
    endScn,
    nextSequence: last === undefined ? undefined : last.header.sequence + 1,
    hasGap: false,
  };
}

function sequenceBefore(found: PlannedLog, last: PlannedLog | undefined): number | undefined {
  if (last !== undefined) return last.header.sequence + 1;
  return found.header.sequence > 1 ? found.header.sequence - 1 : undefined;
}

/** How far all threads reach: SCN_MAX while the last log of each is still written to. */
export function reachOf(threads: readonly ThreadPlan[]): Scn {
  return threads.reduce((min, { endScn }) => (endScn < min ? endScn : min), SCN_MAX);
}

export interface ThreadRecord extends PlacedRecord {
  log: PlannedLog;
}

interface Reader {
  records: Generator<ThreadRecord>;
  next: ThreadRecord | undefined;
}

/** All records below `limit`, lowest SCN first. `onLog` is told of a log before its first record is taken. */
export function* mergeThreads(
  threads: readonly ThreadPlan[],
  limit: Scn,
  onLog: (log: PlannedLog) => void,
): Generator<ThreadRecord> {
  const readers = threads.map(({ logs }): Reader => {
    const records = readThread(logs, limit, onLog);
    return { records, next: take(records) };
  });
  for (;;) {
    const lowest = readers.reduce<Reader | undefined>(lowerOf, undefined);
    if (lowest?.next === undefined) return;
    yield lowest.next;
    lowest.next = take(lowest.records);
  }
}

function lowerOf(lowest: Reader | undefined, reader: Reader): Reader | undefined {
  if (reader.next === undefined) return lowest;
  return lowest?.next === undefined || reader.next.record.scn < lowest.next.record.scn ? reader : lowest;
}

function take(records: Generator<ThreadRecord>): ThreadRecord | undefined {
  const step = records.next();
  return step.done === true ? undefined : step.value;
}

function* readThread(
  logs: readonly PlannedLog[],
  limit: Scn,
  onLog: (log: PlannedLog) => void,
): Generator<ThreadRecord> {
  for (const log of logs) {
    if (log.header.firstScn >= limit) return;
    onLog(log);
    for (const placed of readRedoRecords(log.path)) {
      if (placed.record.scn >= limit || placed.record.scn >= log.endScn) break;
      yield { ...placed, log };
    }
  }
}
