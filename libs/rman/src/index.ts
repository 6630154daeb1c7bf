// RMAN as text: scripts composed from checked parts, output read without ever believing it too easily.
export { channelsAt, type ChannelPlace, type ChannelSettings } from './channels';
export { classifyRmanFailure, type RmanFailure } from './classify-failure';
export {
  composeControlFileScript,
  composeDataScript,
  composeLogScript,
  type ControlFileScriptInput,
  type DataScriptInput,
  type LogScriptInput,
} from './compose-backup-scripts';
export { composeChannelScript } from './compose-channel-script';
export { composeChannelSettings } from './compose-channel-settings';
export { composeDeleteLogsScript } from './compose-delete-logs-script';
export { composeRecordsScript, type RecordsScriptInput } from './compose-records-script';
export {
  composeMountScript,
  composeRestoreScript,
  SHUTDOWN_SCRIPT,
  START_SCRIPT,
} from './compose-restore-script';
export { composeUncatalogScript } from './compose-uncatalog-script';
export { IDENTITY_SCRIPT, readDatabaseIdentity, type PrintedIdentity } from './read-database-identity';
export { runsAfter } from './read-instance-state';
export { readOpenedChannel, type OpenedChannel } from './read-opened-channel';
export { readRmanOutput, type ReportedPiece, type RmanOutcome, type RmanReport } from './read-rman-output';
export {
  commandId,
  dataHandles,
  handlePrefix,
  isScriptableHandle,
  ownHandles,
  tagOf,
  type RunNames,
} from './rman-names';
export { SECTION_BYTES, type InstanceAddress, type LogRange } from './script/nodes';
export { descriptor, printScript } from './script/print-script';
export { RmanScriptError } from './script/terminals';
