/** A transaction being put together: it sees its own changes, and hands all of them to one commit. */
import { type Patch } from '../formats/redo-record';
import { type Scn } from '../formats/scn';
import { FIRST_THREAD } from './redo-threads';
import { type BlockChange, type Database } from './database';
import { loadWithoutRedo } from './load-without-redo';

interface Touched {
  file: number;
  block: number;
  /** The block as this transaction sees it. */
  bytes: Buffer;
  patches: Patch[];
  image: boolean;
}

export class Transaction {
  private readonly touched = new Map<string, Touched>();

  constructor(private readonly database: Database) {}

  /** The block as this transaction sees it; not to be written to. */
  read(file: number, block: number): Buffer {
    return this.touched.get(`${file}/${block}`)?.bytes ?? this.database.read(file, block);
  }

  /** Changes bytes of a block in place. */
  patch(file: number, block: number, patch: Patch): void {
    const touched = this.touch(file, block);
    patch.bytes.copy(touched.bytes, patch.offset);
    touched.patches.push(patch);
  }

  /** Replaces a whole block; `bytes` is kept. */
  replace(file: number, block: number, bytes: Buffer): void {
    this.touched.set(`${file}/${block}`, { file, block, bytes, patches: [], image: true });
  }

  /** Commits in a redo thread; nothing to do for an empty transaction. */
  commit(
    thread = FIRST_THREAD,
    redo: 'logged' | 'without-redo' = 'logged',
  ): { scn: Scn; changes: BlockChange[] } | undefined {
    if (this.touched.size === 0) return undefined;
    const changes = [...this.touched.values()].map(({ file, block, bytes, patches, image }): BlockChange => ({
      file,
      block,
      change: image ? { kind: 'image', bytes } : { kind: 'patch', patches },
    }));
    const scn =
      redo === 'logged'
        ? this.database.commit(changes, thread)
        : loadWithoutRedo(this.database, changes, thread);
    return { scn, changes };
  }

  private touch(file: number, block: number): Touched {
    const key = `${file}/${block}`;
    const known = this.touched.get(key);
    if (known) return known;
    const bytes = Buffer.from(this.database.read(file, block));
    const touched = { file, block, bytes, patches: [], image: false };
    this.touched.set(key, touched);
    return touched;
  }
}
