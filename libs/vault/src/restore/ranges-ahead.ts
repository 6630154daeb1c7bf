// The planned ranges of a piece, read before they are needed as far as the window allows, and dropped after the last step that needs them.
import { type ObjectStore } from '@adyton/object-store';
import { type PlannedRange } from './plan-reads';
import { readRange } from './read-chunks';

interface RangeSource {
  readonly store: ObjectStore;
  /** By number of the pack. */
  readonly objectKeys: readonly string[];
  /** The piece that is read. */
  readonly handle: string;
}

interface ReadingRange {
  readonly range: PlannedRange;
  readonly bytes: Promise<Uint8Array>;
}

export class RangesAhead {
  private readonly reading = new Map<number, ReadingRange>();
  private next = 0;
  private held = 0;
  private step = 0;

  /** @param ranges by first step */
  constructor(
    private readonly ranges: readonly PlannedRange[],
    private readonly source: RangeSource,
    private readonly windowBytes: () => number,
  ) {}

  /** Reads what the step needs, and ahead while there is room. */
  readFor(step: number): void {
    this.step = step;
    for (let range = this.ranges[this.next]; range !== undefined; range = this.ranges[this.next]) {
      const length = range.end - range.start;
      if (range.firstStep > step && this.held + length > this.windowBytes()) return;
      const bytes = this.read(range);
      this.reading.set(this.next, { range, bytes });
      this.held += length;
      this.next += 1;
    }
  }

  /** The range, when it is held. @throws VaultError damaged; ObjectStoreError */
  get(number: number): ReadingRange | undefined {
    return this.reading.get(number);
  }

  /** A part of a pack that no range holds any more. @throws VaultError damaged; ObjectStoreError */
  async readAgain(pack: number, start: number, end: number): Promise<ReadingRange> {
    const range = { pack, start, end, firstStep: this.step, lastStep: this.step };
    const bytes = this.read(range);
    await bytes;
    return { range, bytes };
  }

  /** Drops what no later step needs. */
  release(step: number): void {
    for (const [number, { range }] of this.reading) {
      if (range.lastStep > step) continue;
      this.reading.delete(number);
      this.held -= range.end - range.start;
    }
  }

  async close(): Promise<void> {
    this.next = this.ranges.length;
    const last = [...this.reading.values()];
    this.reading.clear();
    await Promise.allSettled(last.map(({ bytes }) => bytes));
  }

  private read({ pack, start, end }: PlannedRange): Promise<Uint8Array> {
    const { store, objectKeys, handle } = this.source;
    const bytes = readRange(store, objectKeys[pack] ?? '', { start, end, handle });
    bytes.catch(() => undefined); // awaited by the steps that need it
    return bytes;
  }
}
