// A store whose calls happen one at a time, in an order that a seed decides: every call of every actor waits for its turn. What the actors
// do between calls is plain computing, so a seed is one interleaving of the real code, and the same one each time.
import { type ObjectStore, type StoredObject } from '@adyton/object-store';

export class Schedule {
  private readonly waiting: (() => void)[] = [];
  turns = 0;

  constructor(
    private readonly random: () => number,
    /** Called after each turn, when whoever had it waits again or is done. */
    private readonly afterTurn: () => Promise<void>,
  ) {}

  /** Lets the actors run until all are done. @throws what an actor throws */
  async run(actors: readonly Promise<void>[]): Promise<void> {
    let running = actors.length;
    const done = Promise.all(actors.map((actor) => actor.finally(() => (running -= 1))));
    done.catch(() => undefined); // awaited below
    while (running > 0) {
      await quiet();
      const [next] = this.waiting.splice(Math.floor(this.random() * this.waiting.length), 1);
      if (next === undefined) continue;
      this.turns += 1;
      next();
      await quiet();
      await this.afterTurn();
    }
    await done;
  }

  private turn(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.waiting.push(resolve);
    return promise;
  }

  /** The store as one actor sees it. */
  store(inner: ObjectStore): ObjectStore {
    const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
      await this.turn();
      return work();
    };
    return {
      name: inner.name,
      create: (key, bytes) => inTurn(() => inner.create(key, bytes)),
      get: (key, options) => inTurn(() => inner.get(key, options)),
      head: (key) => inTurn(() => inner.head(key)),
      delete: (key) => inTurn(() => inner.delete(key)),
      list: (prefix) => this.listing(inner, prefix),
    };
  }

  /** A listing takes as many turns as it has pages: it is no snapshot. */
  private async *listing(inner: ObjectStore, prefix: string): AsyncIterable<StoredObject> {
    let after = '';
    for (;;) {
      await this.turn();
      const page: StoredObject[] = [];
      for await (const object of inner.list(prefix))
        if (object.key > after && page.length < PAGE_KEYS) page.push(object);
      yield* page;
      if (page.length < PAGE_KEYS) return;
      after = page.at(-1)?.key ?? '';
    }
  }
}

const PAGE_KEYS = 4;

/** All that follows from the last turn has happened. */
function quiet(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
