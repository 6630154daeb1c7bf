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
export { rebuildIndex, type RebuildOptions, type RebuiltIndex } from './dedup-index/rebuild-index';
export {
  listDatabaseNames,
  readRecoveryPoints,
  type FoundRecoveryPoint,
  type RecoveryPointsOptions,
} from './session/recovery-points';
export { listIndexSegments, type IndexBucket, type IndexSegmentFacts } from './dedup-index/stored-segments';
export {
  databaseKeysOf,
  deriveDatabaseKeys,
  parseDatabaseKeys,
  serialiseDatabaseKeys,
  type DatabaseKeys,
} from './crypto/database-keys';
export { openLedgerSecret, sealLedgerSecret } from './crypto/ledger-secret';
export { inlineCompute, type Compute } from './compute/compute';
export { threadCompute } from './compute/thread-compute';
export {
  openWriterSession,
  type ClosedPiece,
  type CommitOutcome,
  type WriterSession,
  type WriterSessionOptions,
} from './session/writer-session';
export { IngestBuffers } from './ingest/ingest-buffers';
export { PACK_BYTES_MAX } from './limits';
export { type PieceIngest, type PieceSummary } from './ingest/piece-ingest';
export {
  findPiece,
  findRecipeKeys,
  removePiece,
  type FoundPiece,
  type PieceLookup,
} from './session/piece-names';
export { answerForPieces, type PieceQuestion } from './session/answer-for-pieces';
export { readUnusablePacks } from './session/unusable-packs';
export { createTombstone, manifestKeyOf, readManifest, type Manifest } from './session/manifest';
export { partialKeyOf, readPartial, type NamedPiece, type PartialManifest } from './session/partial-manifest';
export { lockPacks, lockUntil, type LockOrder, type LockReport } from './session/lock-packs';
export { endPin, PIN_MS_MAX, pinPieces, type PinOptions } from './session/restore-pin';
export {
  collectGarbage,
  previewGarbage,
  type CollectionReport,
  type CollectOptions,
  type GarbagePreview,
} from './collect/collect-garbage';
export { type IndexSegment, type ListIndexSegments } from './collect/index-segments';
export { neededPieces, type Naming, type NeededBy } from './collect/needed-pieces';
export { removeUnneeded } from './collect/remove-unneeded';
export { stillNeeded, type NeedQuestion } from './collect/still-needed';
export { expireRecoveryPoint, releaseHandle, releasePiece } from './collect/retention';
export { RestoreBuffers } from './restore/restore-buffers';
export { openPieceReader, type PieceReader, type PieceReaderOptions } from './restore/piece-reader';
export { readPackDirectory } from './format/pack';
export { markPackDamaged } from './session/damaged-packs';
export { verifyVault } from './verify/verify-vault';
export { type VerifyOptions, type VerifyReport } from './verify/verify-run';
export { NOTHING_VERIFIED, type Subset, type VerifyLevel, type VerifyState } from './verify/verify-state';
export {
  type CorruptBlocksFinding,
  type Damage,
  type DamageFinding,
  type Finding,
  type Meaning,
  type VaultObjectKind,
} from './verify/finding';
export { VaultError, type VaultErrorKind } from './vault-error';
