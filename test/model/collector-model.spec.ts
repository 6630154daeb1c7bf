// Every interleaving of writers, collectors, retention and a restore, in configurations small enough to be searched through: nothing that
// is needed is ever gone. And each rule of the protocol, broken on purpose, is found to lose data: so the search would see it.
// MODEL_CHECK=large searches larger configurations; they take minutes and up to 2 GB.
import { collectorModel } from './collector-model';
import { explore } from './explore';
import { type CollectorModelOptions, type Mutant } from './model-state';

const LARGE = process.env['MODEL_CHECK'] === 'large';
const STATES_MAX = LARGE ? 40_000_000 : 4_000_000;
jest.setTimeout(LARGE ? 3_600_000 : 300_000);

const configurations: Readonly<Record<string, CollectorModelOptions>> = {
  'two writers, two collectors, two generations': { writers: 2, collectors: 2, generations: 2 },
  'a run with a secondary session, a collector, two generations': {
    writers: 2,
    collectors: 1,
    generations: 2,
    secondary: true,
  },
  'writers that fail or die and leave partials, a collector, two generations': {
    writers: 2,
    collectors: 1,
    generations: 2,
    partials: true,
  },
  'a restore of what expires, a writer, two collectors, two generations': {
    writers: 1,
    collectors: 2,
    generations: 2,
    restore: true,
  },
};

const largeConfigurations: Readonly<Record<string, CollectorModelOptions>> = {
  'three writers, a collector, two generations': { writers: 3, collectors: 1, generations: 2 },
  'a run with a secondary session and another, a collector, a generation': {
    writers: 3,
    collectors: 1,
    generations: 1,
    secondary: true,
  },
  'partials and two collectors': { writers: 2, collectors: 2, generations: 1, partials: true },
  'partials, secondary sessions and a restore at once': {
    writers: 2,
    collectors: 1,
    generations: 1,
    partials: true,
    secondary: true,
    restore: true,
  },
};

describe('nothing that is needed is ever gone', () => {
  const searched = { ...configurations, ...(LARGE ? largeConfigurations : {}) };
  it.each(Object.keys(searched))('%s', (name) => {
    const options = searched[name];
    if (options === undefined) throw new Error(name);
    expect(explore(collectorModel(options), STATES_MAX)).toMatchObject({ kind: 'holds' });
  });
});

describe('a rule that is broken loses data, and the search finds it', () => {
  const base: CollectorModelOptions = { writers: 2, collectors: 1, generations: 1 };
  const mutants: Readonly<Record<Mutant, Partial<CollectorModelOptions>>> = {
    'verdict reads only the manifests of sessions it waited for': {},
    'no tombstone': {},
    'gc is read before the session marker is there': {},
    'a prior-map hit is not checked against condemned packs': {},
    'gc is cleaned after done, and indexes are cached': {},
    'sessions are listed before condemned is there': {},
    'a secondary session ends itself, and its parent opens later': { secondary: true },
    'a writer does not look whether it was taken for dead': { partials: true },
    'a partial is built after the end marker': { writers: 1, collectors: 2, partials: true },
    'partials are not read': { partials: true },
    'pins are not read for the verdict': { writers: 1, restore: true },
    'gc is read before the pin is there': { writers: 1, restore: true },
  };
  it.each(Object.keys(mutants) as Mutant[])('%s', (mutant) => {
    const found = explore(collectorModel({ ...base, ...mutants[mutant], mutant }), STATES_MAX);
    expect(found).toMatchObject({ kind: 'violated', what: expect.stringContaining('gone') });
  });
});
