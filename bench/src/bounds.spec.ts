// How figures are judged: met, missed, or not measured, which is neither.
import { BOUNDS, judge, putsAllowed, type Figures } from './bounds';
import { CHAIN_FULLS } from './chain';
import { mediansOf, type StepRow } from './compare';
import { type SubjectName } from './subjects/subject';

const BYTES = 1_000_000_000;
const row = (series: string, step: string, subject: SubjectName, figures: Partial<StepRow>): StepRow => ({
  series,
  step,
  subject,
  bytes: BYTES,
  cpuSecondsPerGb: 1,
  mbPerSecond: 200,
  newPercent: 0.01,
  bytesStored: 1_000_000,
  bytesMetadata: 100_000,
  objects: 6,
  rssBytesPeak: 200_000_000,
  repetitions: 3,
  ...figures,
});

/** Figures with which every bound is met; `adyton` changes the product's own. */
function figuresWith(adyton: Partial<Record<string, Partial<StepRow>>> = {}): Figures {
  const good: Record<string, Partial<StepRow>> = {
    first: { cpuSecondsPerGb: 7, newPercent: 100, bytesStored: 400_000_000, objects: 18 },
    unchanged: {},
    clustered: { newPercent: 1.21 },
    uniform: { newPercent: 1.02 },
  };
  const own = ['data-file', 'data-file-stale'].flatMap((series) =>
    Object.entries(good).map(([step, figures]) =>
      row(series, step, 'adyton', { ...figures, ...adyton[step], ...adyton[`${series} ${step}`] }),
    ),
  );
  const rivals = [
    ...['first', 'clustered'].map((step) => row('data-file', step, 'restic', { cpuSecondsPerGb: 16 })),
    row('data-file', 'first', 'borg', { cpuSecondsPerGb: 7 }),
    row('data-file', 'clustered', 'borg-tuned', { cpuSecondsPerGb: 5 }),
  ];
  const restore = { series: 'data-file', step: 'first', cpuSecondsPerGb: 1, repetitions: 3 };
  return {
    comparison: {
      steps: [...own, ...rivals],
      restores: [
        { ...restore, subject: 'adyton', mbPerSecond: 300 },
        { ...restore, subject: 'restic', mbPerSecond: 250 },
      ],
    },
    chain: {
      fulls: Array.from({ length: CHAIN_FULLS + 1 }, (_, i) =>
        row('chain', `full-${i + 1}`, 'adyton', { newPercent: 1.1 }),
      ),
      restoreMbPerSecondFirst: 300,
      restoreMbPerSecondLater: 240,
    },
    memory: [
      { bytes: 2 ** 31, rssBytesPeak: 350_000_000 },
      { bytes: 2 ** 34, rssBytesPeak: 370_000_000 },
    ],
  };
}

const missed = (figures: Figures): string[] =>
  judge(figures).flatMap((result) => (result.met === false ? [result.name] : []));

describe('the bounds of the benchmarks', () => {
  it('are all met by good figures', () => {
    const results = judge(figuresWith());
    expect(results.map((r) => [r.name, r.met])).toEqual(BOUNDS.map((b) => [b.name, true]));
  });

  it.each([
    ['clustered', { newPercent: 1.26 }, 'new data, 1 % changed in runs and 0.2 % newly used'],
    ['data-file-stale clustered', { newPercent: 1.26 }, 'new data, 1 % changed in runs and 0.2 % newly used'],
    ['uniform', { newPercent: 1.11 }, 'new data, 1 % changed anywhere'],
    ['unchanged', { newPercent: 0.021 }, 'new data, nothing changed'],
    ['first', { bytesMetadata: 1_100_000 }, 'metadata of any full'],
    ['data-file first', { cpuSecondsPerGb: 8.1 }, "CPU of a first full, of restic's"],
    ['data-file first', { cpuSecondsPerGb: 8.5 }, "CPU of a first full, of borg's"],
    ['data-file clustered', { cpuSecondsPerGb: 1.6 }, 'CPU of a repeated full'],
    ['data-file clustered', { cpuSecondsPerGb: 2.1 }, "CPU of a repeated full, of restic's"],
    ['data-file clustered', { cpuSecondsPerGb: 2.6 }, "CPU of a repeated full, of tuned borg's"],
    ['first', { objects: 25 }, 'PUTs of any run, of the rule'],
  ] as const)('are missed when a figure of %s is %j', (step, figures, name) => {
    expect(missed(figuresWith({ [step]: figures }))).toContain(name);
  });

  it('hold for the chain of fulls', () => {
    const good = figuresWith();
    const fulls = (good.chain?.fulls ?? []).map((full, i) =>
      i === 10 || i === 30 ? { ...full, newPercent: 1.3 } : full,
    );
    expect(
      missed({ ...good, chain: { fulls, restoreMbPerSecondFirst: 300, restoreMbPerSecondLater: 200 } }),
    ).toEqual([
      'new data, 10th full with 1 % changed anywhere',
      'new data, 30th full with 1 % changed anywhere',
      'restore speed after ten fulls with 1 % changed, of the first',
    ]);
  });

  it('hold for restores: slower than restic is missed', () => {
    const good = figuresWith();
    const restores = good.comparison.restores.map((r) => ({
      ...r,
      mbPerSecond: r.subject === 'adyton' ? 240 : 250,
    }));
    expect(missed({ ...good, comparison: { ...good.comparison, restores } })).toEqual([
      "restore speed of a first full, of restic's",
    ]);
  });

  it('hold for memory: too much, or growing with the database', () => {
    const memory = [
      { bytes: 2 ** 31, rssBytesPeak: 350_000_000 },
      { bytes: 2 ** 34, rssBytesPeak: 410_000_000 },
    ];
    expect(missed({ ...figuresWith(), memory })).toEqual([
      'peak RSS with two channels',
      'peak RSS, large database against small',
    ]);
  });

  it('say that there is no figure where a section did not run', () => {
    const results = judge({ comparison: { steps: [], restores: [] }, chain: null, memory: [] });
    expect(results.every((result) => result.met === null)).toBe(true);
    const [small] = figuresWith().memory;
    const memory = judge({ ...figuresWith(), memory: small === undefined ? [] : [small] });
    expect(memory.at(-1)).toMatchObject({ name: 'peak RSS, large database against small', met: null });
  });

  it('count PUTs by packs, with room for one piece and its run', () => {
    expect(putsAllowed(0)).toBe(11);
    expect(putsAllowed(20 * 32 * 2 ** 20)).toBe(32);
  });
});

describe('medians of repetitions', () => {
  it('are taken figure by figure within a step of one subject', () => {
    const cpu = [5, 1, 3].map((cpuSecondsPerGb) => row('s', 'first', 'borg', { cpuSecondsPerGb }));
    const other = row('s', 'first', 'restic', { bytesMetadata: null });
    expect(mediansOf([...cpu, other].map((r) => ({ ...r, repetitions: 1 })))).toEqual([
      { ...cpu[0], cpuSecondsPerGb: 3, repetitions: 3 },
      { ...other, repetitions: 1 },
    ]);
  });
});
