/**
 * A direct-path load with NOLOGGING: an empty record in the redo takes an SCN, and the blocks go to their files at once, because no recovery
 * could make them again. Each file notes the SCN as its last change without redo.
 */
import { blockScn } from '../formats/block';
import { applyVector } from '../formats/redo-record';
import { formatScn, type Scn } from '../formats/scn';
import { type BlockChange, type Database } from './database';

/** Each block may appear once. Answers the SCN of the load. */
export function loadWithoutRedo(database: Database, changes: readonly BlockChange[], thread: number): Scn {
  const scn = database.commit([], thread);
  for (const { file, block, change } of changes) {
    const cached = database.cache.get(file, block);
    applyVector(cached.bytes, { file, block, change, seq: 1, previousScn: blockScn(cached.bytes) }, scn);
    database.cache.markDirty(cached);
    database.tracking.current?.note(file, block);
  }
  const files = new Set(changes.map(({ file }) => file));
  for (const file of files) database.checkpoint(file);
  database.store.update(({ dataFiles }) => {
    for (const record of dataFiles) if (files.has(record.file)) record.unrecoverableScn = formatScn(scn);
  });
  return scn;
}
