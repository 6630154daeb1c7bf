// The vault: a content-addressed, deduplicated, encrypted store of backup pieces on an object store.
export { createVault, openVault, type CreatedVault, type OpenedVault, type Vault } from './vault';
export { KEY_FILE_BYTES, type SlotUnlock, type Unlock } from './crypto/key-slots';
export {
  addKeySlot,
  listKeySlots,
  removeKeySlot,
  rewrapKeySlot,
  type ListedKeySlot,
} from './manage-key-slots';
export { type IndexTrouble } from './dedup-index/dedup-index';
export { listIndexSegments, type IndexBucket, type IndexSegmentFacts } from './dedup-index/stored-segments';
export {
  databaseKeysOf,
  deriveDatabaseKeys,
  parseDatabaseKeys,
  serialiseDatabaseKeys,
  type DatabaseKeys,
} from './crypto/database-keys';
export { inlineCompute, type Compute } from './compute/compute';
export { threadCompute } from './compute/thread-compute';
export {
  openWriterSession,
  type CommitOutcome,
  type WriterSession,
  type WriterSessionOptions,
} from './session/writer-session';
export { IngestBuffers } from './ingest/ingest-buffers';
export { type PieceIngest, type PieceSummary } from './ingest/piece-ingest';
export { findPiece, removePiece, type FoundPiece, type PieceLookup } from './session/piece-names';
export { createTombstone, readManifest, type Manifest } from './session/manifest';
export { openPieceReader, type PieceReader, type PieceReaderOptions } from './restore/piece-reader';
export { readPackDirectory } from './format/pack';
export { VaultError, type VaultErrorKind } from './vault-error';
