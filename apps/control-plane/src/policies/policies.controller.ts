// The policy of a database.
import { restRoutes } from '@adyton/contracts';
import { schedulesOfPolicy, type BackupPolicy } from '@adyton/domain';
import {
  readNow,
  readPolicy,
  readRetainablePoints,
  storePolicy,
  type Ledger,
  type LedgerSession,
} from '@adyton/ledger';
import { type DatabaseId } from '@adyton/domain';
import { Controller, Inject, Param } from '@nestjs/common';
import { findRegistered } from '../databases/find-registered';
import { Principal } from '../http/caller';
import { Handles, type AnswerOf, type BodyOf } from '../http/handles';
import { found, RefusedRequest } from '../http/refused-request';
import { RequestBody } from '../http/request-input';
import { refuseFault } from '../schedules/first-slot';
import { LEDGER, NEW_ID, type NewId } from '../wiring/tokens';
import { newlyExpired, simulate } from './simulate-policy';

const CRON_FIELDS = { full: 'policy/fullCron', incremental: 'policy/incrementalCron', archivelog: 'policy' };

@Controller()
export class PoliciesController {
  constructor(
    @Inject(LEDGER) private readonly ledger: Ledger,
    @Inject(NEW_ID) private readonly newId: NewId,
  ) {}

  @Handles(restRoutes.getPolicy)
  async get(@Param('database') nameOrId: string): Promise<AnswerOf<typeof restRoutes.getPolicy>> {
    const { id } = await findRegistered(this.ledger.session, nameOrId);
    return {
      databaseId: id,
      policy: found(await readPolicy(this.ledger.session, id), 'policy of', nameOrId),
    };
  }

  @Handles(restRoutes.changePolicy)
  async change(
    @Param('database') nameOrId: string,
    @RequestBody() body: BodyOf<typeof restRoutes.changePolicy>,
    @Principal() principal: string,
  ): Promise<AnswerOf<typeof restRoutes.changePolicy>> {
    const { policy, acceptedPlan } = body;
    refuseFaults(policy);
    return this.ledger.transaction(async (tx) => {
      const { id: databaseId } = await findRegistered(tx, nameOrId);
      await refuseUnseenPlan(tx, { databaseId, policy, acceptedPlan });
      const newScheduleId = () => this.newId('ScheduleId');
      await storePolicy(tx, { databaseId, policy, newScheduleId, principal });
      return { databaseId, policy };
    });
  }

  @Handles(restRoutes.simulatePolicy)
  async simulate(
    @Param('database') nameOrId: string,
    @RequestBody() body: BodyOf<typeof restRoutes.simulatePolicy>,
  ): Promise<AnswerOf<typeof restRoutes.simulatePolicy>> {
    const { session } = this.ledger;
    const { id } = await findRegistered(session, nameOrId);
    const policy = body.policy ?? found(await readPolicy(session, id), 'policy of', nameOrId);
    refuseFaults(policy);
    const at = body.at === undefined ? await readNow(session) : new Date(body.at);
    return simulate({ policy, points: await readRetainablePoints(session, id), at, slots: body.slots });
  }
}

/** Nothing is let go by editing a policy unless the plan was shown: its digest says which plan the caller saw. */
async function refuseUnseenPlan(
  tx: LedgerSession,
  change: { databaseId: DatabaseId; policy: BackupPolicy; acceptedPlan: string | undefined },
): Promise<void> {
  const points = await readRetainablePoints(tx, change.databaseId);
  const former = await readPolicy(tx, change.databaseId);
  const { retention } = simulate({ policy: change.policy, points, at: await readNow(tx), slots: 1 });
  const gone = newlyExpired(retention, former, points);
  if (gone.length === 0 || change.acceptedPlan === retention.digest) return;
  throw new RefusedRequest(
    'ADY_RETENTION_PLAN_REQUIRED',
    `${gone.length} recovery point(s) would go: ${gone.slice(0, 5).join(', ')}; the plan's digest is ${retention.digest}`,
  );
}

function refuseFaults(policy: BackupPolicy): void {
  if (policy.databaseRoles.some((role) => role !== 'primary'))
    throw new RefusedRequest('ADY_DATABASE_ROLE', 'a standby cannot be backed up in this release', {
      errors: [
        { pointer: '/policy/databaseRoles', detail: 'primary is the only role there is a backup for' },
      ],
    });
  for (const { kind, cron, timeZone } of schedulesOfPolicy(policy))
    refuseFault({ cron, timeZone }, CRON_FIELDS[kind]);
}
