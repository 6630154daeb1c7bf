// A column of 32-bit numbers that grows: a million rows are a few arrays, not a million objects. It grows page by page, so that it never
// takes twice its size for a moment, nor keeps room it does not need.

/** Numbers of a page; a row of 2, 4 or 8 lies in one. */
const PAGE = 16_384;
const PAGE_BITS = 14;

export class GrowingColumn {
  private readonly pages: Uint32Array<ArrayBuffer>[] = [];
  private count = 0;

  get length(): number {
    return this.count;
  }

  push(values: ArrayLike<number>): void {
    const start = this.grow(values.length);
    for (let i = 0; i < values.length; i += 1) this.set(start + i, values[i] ?? 0);
  }

  /** Adds zeros. @returns where they begin */
  grow(length: number): number {
    const start = this.count;
    this.count += length;
    while (this.pages.length * PAGE < this.count) this.pages.push(new Uint32Array(PAGE));
    return start;
  }

  get(index: number): number {
    return this.pages[index >>> PAGE_BITS]?.[index % PAGE] ?? 0;
  }

  set(index: number, value: number): void {
    const page = this.pages[index >>> PAGE_BITS];
    if (page !== undefined) page[index % PAGE] = value;
  }

  /** A row of 2, 4 or 8 numbers; may be written to. @throws RangeError when it is not there */
  row(from: number, length: number): Uint32Array {
    const page = this.pages[from >>> PAGE_BITS];
    if (page === undefined || from + length > this.count) throw new RangeError(`there is no row at ${from}`);
    return page.subarray(from % PAGE, (from % PAGE) + length);
  }

  /** Empties it and gives its memory back. */
  free(): void {
    for (const page of this.pages.splice(0)) page.buffer.transfer(0);
    this.count = 0;
  }

  /** Everything it held; it is empty then. */
  take(): Uint32Array {
    const all = this.all();
    this.free();
    return all;
  }

  /** A copy of everything. */
  all(): Uint32Array {
    const all = new Uint32Array(this.count);
    this.pages.forEach((page, i) =>
      all.set(page.subarray(0, Math.min(PAGE, this.count - i * PAGE)), i * PAGE),
    );
    return all;
  }
}
