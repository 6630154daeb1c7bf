// A column of 32-bit numbers that grows: a million rows are one array, not a million objects.
const CAPACITY_MIN = 1024;

export class GrowingColumn {
  private values = new Uint32Array(CAPACITY_MIN);
  private count = 0;

  get length(): number {
    return this.count;
  }

  push(values: ArrayLike<number>): void {
    if (this.count + values.length > this.values.length) {
      const grown = new Uint32Array(Math.max(this.values.length * 2, this.count + values.length));
      grown.set(this.values.subarray(0, this.count));
      this.values = grown;
    }
    this.values.set(values, this.count);
    this.count += values.length;
  }

  get(index: number): number {
    return this.values[index] ?? 0;
  }

  set(index: number, value: number): void {
    this.values[index] = value;
  }

  /** A copy. */
  slice(from: number, length: number): Uint32Array {
    return this.values.slice(from, Math.min(from + length, this.count));
  }
}
