// The target database as the agent sees it: facts by SQL, nothing of RMAN.
export {
  connectDatabase,
  type ArchivedLog,
  type BackupDataFile,
  type BackupPiece,
  type BackupRedoLog,
  type ConnectOptions,
  type DatabaseFacts,
  type DatabaseIdentity,
  type DataFile,
  type IncrementalBases,
  type RmanSetting,
} from './connect-database';
export { type CorruptBlocks } from './corrupt-blocks';
export { readCredentials, type OracleCredentials } from './credentials';
export { OracleError, type OracleErrorKind } from './oracle-error';
export { type RmanSession } from './rman-sessions';
export { QUERIES } from './queries';
