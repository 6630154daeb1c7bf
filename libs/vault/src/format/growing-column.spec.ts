// Columns that grow over page after page.
import { GrowingColumn } from './growing-column';

describe('a growing column', () => {
  it('gives back what was pushed, number by number, row by row and all at once', () => {
    const column = new GrowingColumn();
    const expected: number[] = [];
    for (let row = 0; row < 10_000; row += 1) {
      const values = Array.from({ length: 8 }, (_, i) => row * 8 + i);
      column.push(values);
      expected.push(...values);
    }
    expect(column.length).toBe(80_000);
    expect([...column.all()]).toEqual(expected);
    expect([...column.row(8 * 4096, 8)]).toEqual(expected.slice(8 * 4096, 8 * 4097));
    expect(column.get(79_999)).toBe(79_999);
  });

  it('keeps rows of three together although pages part them', () => {
    const column = new GrowingColumn();
    for (let row = 0; row < 20_000; row += 1) column.push([row, row + 1, row + 2]);
    for (let row = 0; row < 20_000; row += 1) expect(column.get(row * 3 + 2)).toBe(row + 2);
  });

  it('takes changes through a row, and has no row behind its end', () => {
    const column = new GrowingColumn();
    column.grow(16);
    column.row(8, 8)[3] = 7;
    expect(column.get(11)).toBe(7);
    expect(() => column.row(16, 8)).toThrow(RangeError);
  });

  it('is empty once it is freed, and can be filled again', () => {
    const column = new GrowingColumn();
    column.push([1, 2, 3, 4]);
    const row = column.row(0, 4);
    column.free();
    expect([column.length, column.get(0), row.length]).toEqual([0, 0, 0]);
    column.push([5]);
    expect([...column.all()]).toEqual([5]);
  });
});
