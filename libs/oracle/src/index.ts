// The target database as the agent sees it: facts by SQL, nothing of RMAN.
export {
  type CheckFacts,
  type EncryptedTablespace,
  type InstanceRelease,
  type Keystore,
  type RmanChannel,
} from './check-facts';
export { connectDatabase, type ConnectOptions } from './connect-database';
export {
  type ArchivedLog,
  type BackupDataFile,
  type BackupPiece,
  type BackupRedoLog,
  type DatabaseFacts,
  type DatabaseIdentity,
  type DataFile,
  type IncrementalBases,
  type RmanSetting,
} from './database-facts';
export { type CorruptBlocks } from './corrupt-blocks';
export { readCredentials, type OracleCredentials } from './credentials';
export { OracleError, type OracleErrorKind } from './oracle-error';
export { type RmanSession } from './rman-sessions';
export { QUERIES } from './queries';
