// What the command line makes of sizes, durations, columns and the progress of a run.
import { type Run } from '@adyton/contracts';
import { bytes, duration, table } from './format';
import { progressLine } from './progress-line';

const run = {
  state: 'running',
  phase: 'transfer',
  operation: 'backup',
  progress: {
    bytesRead: 0,
    bytesNew: 1024 ** 2,
    bytesStored: 512 * 1024,
    bytesExpected: 100 * 1024 ** 2,
    bytesDone: 50 * 1024 ** 2,
    percentDone: 50,
    piecesDone: 1,
  },
} as Run;

it.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1.0 KiB'],
  [1536 * 1024, '1.5 MiB'],
  [3 * 1024 ** 4, '3.0 TiB'],
])('writes %d bytes as %s', (count, text) => expect(bytes(count)).toBe(text));

it('writes durations as h:mm:ss', () => {
  expect(duration(3_725_000)).toBe('1:02:05');
});

it('shows read, new and stored apart, with rate and time left', () => {
  const line = progressLine(run, { atMs: 0, bytesDone: 0 }, 10_000);
  expect(line).toContain(' 50 % ');
  expect(line).toContain(
    '50.0 MiB of 100.0 MiB read · 1.0 MiB new · 512.0 KiB stored · 5.0 MiB/s · ETA 0:00:10',
  );
});

it('S3.4 shows the share the ledger gives, which only grows, whatever was read beyond the estimate', () => {
  const over = { ...run, progress: { ...run.progress, bytesDone: 300 * 1024 ** 2, percentDone: 99 } };
  expect(progressLine(over, null, 0)).toContain(' 99 %');
});

it('shows the phase as long as nothing moves', () => {
  expect(progressLine({ ...run, phase: 'estimate' }, null, 0)).toBe('running: estimate');
});

it('aligns columns', () => {
  const [head, row] = table(['A', 'LONGER'], [['value', 'x']]).split('\n');
  expect(head?.indexOf('LONGER')).toBe(row?.indexOf('x'));
});
