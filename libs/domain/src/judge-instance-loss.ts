// What becomes of a backup whose database loses an instance. The primary's loss always ends it. A secondary's costs channels: whether anything
// has to be done about that depends on what RMAN was at, and on whether it noticed.

/** What RMAN was started for; `none` before it and after its last script. */
export type BackupStep = 'none' | 'data' | 'logs' | 'control-file';

export interface InstanceLoss {
  readonly role: 'primary' | 'secondary';
  readonly step: BackupStep;
  /**
   * `working`: it goes on. `stuck`: it neither ended nor gave the lost channels up in its time. `nothing-moved`: it failed before the first
   * piece. `succeeded` and `failed` otherwise.
   */
  readonly rman: 'working' | 'stuck' | 'nothing-moved' | 'succeeded' | 'failed';
  /** How often this step was begun anew for the sake of a lost instance. */
  readonly restarts: number;
  /** Instances with channels that are left, the primary among them. */
  readonly survivors: number;
}

export type LossVerdict =
  /** The run ends without a recovery point. */
  | 'fail'
  /** Nothing is to be done: RMAN gives the work to other channels, or has none left to give. */
  | 'go-on'
  /** Nothing moved: the same script again, without the instance. */
  | 'start-again'
  /** What has no piece yet is backed up over the channels that are left. */
  | 'finish-on-survivors';

/** Channels that could not be opened are tried once more without the lost instance; then something else is wrong. */
const ALLOCATION_RESTARTS_MAX = 1;
/** The control file has one channel, on the primary: a second failure is not the secondary's. */
const CONTROL_FILE_RESTARTS_MAX = 1;

export function judgeInstanceLoss(loss: InstanceLoss): LossVerdict {
  const { role, step, rman, restarts, survivors } = loss;
  if (role === 'primary' || survivors === 0) return 'fail';
  if (step === 'none' || rman === 'working' || rman === 'succeeded') return 'go-on';
  if (rman === 'nothing-moved') return restarts < ALLOCATION_RESTARTS_MAX ? 'start-again' : 'fail';
  if (step === 'control-file') return restarts < CONTROL_FILE_RESTARTS_MAX ? 'start-again' : 'fail';
  return 'finish-on-survivors';
}
