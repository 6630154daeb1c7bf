// Lets recovery points go as the policies of their databases say, and asks the maintenance tier to release what is on its way out. A policy that
// keeps a point takes it back; nothing is let go where no policy is set.
import { makeId } from '@adyton/domain';
import { carryOutRetention, createNeededRelease, expireLetGo, type Ledger } from '@adyton/ledger';
import { type Logger } from '@adyton/runtime';
import { type Duty } from '../tick';

export interface RetentionParts {
  readonly ledger: Ledger;
  readonly log: Logger;
  readonly newUlid: () => string;
  /** How long what was let go can be taken back. */
  readonly graceHours: number;
  readonly claimSeconds: number;
}

const HOUR_SECONDS = 3_600;
/** Between two releases, seconds: agents answer within one, and a restore that still needs a piece is not asked about all the time. */
const RELEASE_EVERY_SECONDS = 300;

export function carryOutRetentionDuty(parts: RetentionParts): Duty {
  return {
    name: 'carry-out-retention',
    run: async () => {
      await movePoints(parts);
      await requestRelease(parts);
    },
  };
}

async function movePoints({ ledger, log, graceHours }: RetentionParts): Promise<void> {
  const done = await carryOutRetention(ledger.session, { graceSeconds: graceHours * HOUR_SECONDS });
  for (const steps of done) log.info(steps, 'retention.carried-out');
  for (const recoveryPointId of await expireLetGo(ledger.session))
    log.info({ recoveryPointId }, 'recovery-point.expired');
}

async function requestRelease({ ledger, log, newUlid, claimSeconds }: RetentionParts): Promise<void> {
  const operationId = makeId('VaultOperationId', newUlid());
  const asked = await createNeededRelease(ledger.session, {
    id: operationId,
    options: { kind: 'release' },
    principal: 'system',
    claimSeconds,
    everySeconds: RELEASE_EVERY_SECONDS,
  });
  if (asked) log.info({ operationId }, 'vault-operation.needed');
}
