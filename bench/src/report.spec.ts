// Where figures stand in the page about performance, and which settings the benchmarks take.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { optionsOf } from './options';
import { withFigures } from './report';

const page = readFileSync(join(__dirname, '..', '..', 'docs', 'operating', 'performance.md'), 'utf8');

describe('the page with the figures', () => {
  it('has a place for them, and keeps the text around it', () => {
    const written = withFigures(page, 'FIGURES');
    expect(written).toContain('\n\nFIGURES\n');
    expect(written.slice(0, 500)).toBe(page.slice(0, 500));
    expect(withFigures(written, 'FIGURES')).toBe(written);
  });

  it('is refused without that place', () => {
    expect(() => withFigures('# Performance', 'FIGURES')).toThrow('no place');
  });
});

describe('the settings of the benchmarks', () => {
  it('have the values of the page when nothing is set', () => {
    expect(optionsOf({})).toEqual({
      bytes: 512 * 2 ** 20,
      repetitions: 3,
      sections: ['compare', 'chain', 'memory'],
      subjects: ['adyton', 'restic', 'borg', 'borg-tuned'],
      long: false,
      writeDocs: false,
    });
  });

  it.each([
    ['BENCH_SIZE', '512'],
    ['BENCH_SIZE', '1M'],
    ['BENCH_REPETITIONS', '0'],
    ['BENCH_SECTIONS', 'compare,speed'],
    ['BENCH_SUBJECTS', 'bacula'],
  ])('refuse %s=%s and name the setting', (name, value) => {
    expect(() => optionsOf({ [name]: value })).toThrow(name);
  });
});
