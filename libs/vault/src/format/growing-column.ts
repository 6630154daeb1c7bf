// A column of 32-bit numbers that grows: a million rows are one array, not a million objects.
const CAPACITY_MIN = 1024;

export class GrowingColumn {
  private values = new Uint32Array(CAPACITY_MIN);
  private count = 0;

  get length(): number {
    return this.count;
  }

  push(values: ArrayLike<number>): void {
    const start = this.grow(values.length);
    this.values.set(values, start);
  }

  /** Adds zeros. @returns where they begin */
  grow(length: number): number {
    const start = this.count;
    if (start + length > this.values.length) {
      const grown = new Uint32Array(Math.max(this.values.length * 2, start + length));
      grown.set(this.values.subarray(0, start));
      this.values = grown;
    }
    this.count += length;
    return start;
  }

  get(index: number): number {
    return this.values[index] ?? 0;
  }

  set(index: number, value: number): void {
    this.values[index] = value;
  }

  /** Valid until the next push. */
  view(from = 0, length = this.count - from): Uint32Array {
    return this.values.subarray(from, Math.min(from + length, this.count));
  }
}
