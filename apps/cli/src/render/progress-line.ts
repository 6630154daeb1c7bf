// The line a person watches during a run: read, new and stored apart, rate and time left. Never above 100 %, never going back.
import { type Run } from '@adyton/contracts';
import { bytes, duration } from './format';

const BAR_CELLS = 24;

export interface Sample {
  readonly atMs: number;
  readonly bytesDone: number;
}

/** @param started first sample with a byte in it; the rate is the average since then. */
export function progressLine(run: Run, started: Sample | null, nowMs: number): string {
  const { bytesDone, bytesExpected, bytesNew, bytesStored, percentDone } = run.progress;
  if (run.phase !== 'transfer' && run.state !== 'committing') return `${run.state}: ${run.phase}`;
  if (run.state === 'committing') return `committing: ${bytes(bytesDone)} read, waiting for the manifest`;
  const rate =
    started === null || nowMs <= started.atMs
      ? 0
      : ((bytesDone - started.bytesDone) * 1000) / (nowMs - started.atMs);
  const speed = rate > 0 ? ` · ${bytes(rate)}/s` : '';
  const read = `${bytes(bytesDone)}${bytesExpected === null ? '' : ` of ${bytes(bytesExpected)}`} ${run.operation === 'backup' ? 'read' : 'restored'}`;
  const store = run.operation === 'backup' ? ` · ${bytes(bytesNew)} new · ${bytes(bytesStored)} stored` : '';
  return `${bar(percentDone, bytesExpected)}${read}${store}${speed}${timeLeft(bytesDone, bytesExpected, rate)}`;
}

function bar(percentDone: number, expected: number | null): string {
  if (expected === null || expected === 0) return '';
  const full = Math.floor((percentDone * BAR_CELLS) / 100);
  return `${'█'.repeat(full)}${'░'.repeat(BAR_CELLS - full)} ${String(percentDone).padStart(3)} % · `;
}

function timeLeft(done: number, expected: number | null, rate: number): string {
  if (expected === null || rate <= 0 || done >= expected) return '';
  return ` · ETA ${duration(((expected - done) / rate) * 1000)}`;
}
