// What is found and done in the vault, as alerts.
import { type Reason, type VaultOperationOptions, type VaultOperationReport } from '@adyton/contracts';
import { type DatabaseId, type VaultOperationId } from '@adyton/domain';
import { raiseAlert, resolveAlerts } from './alerts';
import { type LedgerSession } from './ledger';

/** Recovery points named in one alert; the rest is counted. */
const POINTS_NAMED_MAX = 5;
const VAULT_SUBJECT = 'vault';

/** One alert for a database, however many of its points one damaged pack costs. */
export async function noteCorruptPoints(
  tx: LedgerSession,
  databaseId: DatabaseId,
  principal: string,
): Promise<void> {
  const corrupt = await tx
    .selectFrom('recovery_points')
    .select('id')
    .where('database_id', '=', databaseId)
    .where('state', '=', 'corrupt')
    .orderBy('id', 'desc')
    .execute();
  const about = { subject: databaseId, principal };
  if (corrupt.length === 0) {
    const resolution = 'verification found every recovery point whole again';
    await resolveAlerts(tx, { ...about, kinds: ['recovery_point_corrupt'], resolution });
    return;
  }
  const named = corrupt.slice(0, POINTS_NAMED_MAX).map((p) => p.id);
  await raiseAlert(tx, {
    ...about,
    kind: 'recovery_point_corrupt',
    databaseId,
    detail: `${corrupt.length} recovery point(s) cannot be restored: ${named.join(', ')}${corrupt.length > named.length ? ', …' : ''}`,
    repeat: 'counts',
  });
}

export interface EndedVaultOperation {
  readonly id: VaultOperationId;
  readonly options: VaultOperationOptions;
  readonly reason: Reason | null;
  readonly report: VaultOperationReport | null;
  readonly principal: string;
}

export async function noteVaultOperationEnd(tx: LedgerSession, ended: EndedVaultOperation): Promise<void> {
  const { id, options, reason, principal } = ended;
  if (reason !== null) {
    const isDamage = reason.code === 'ADY_VAULT_DAMAGED';
    await raiseAlert(tx, {
      kind: isDamage ? 'vault_damaged' : 'vault_operation_failed',
      subject: isDamage ? VAULT_SUBJECT : options.kind,
      detail: `${options.kind} ${id}: ${reason.detail}`,
      reason,
      principal,
      repeat: 'counts',
    });
  }
  // a verification that found damage did what it was asked to do
  const over = { resolution: `${options.kind} ${id} ended`, principal };
  if (reason === null || reason.code === 'ADY_VAULT_DAMAGED')
    await resolveAlerts(tx, { ...over, kinds: ['vault_operation_failed'], subject: options.kind });
  if (reason === null && sawAll(ended))
    await resolveAlerts(tx, { ...over, kinds: ['vault_damaged'], subject: VAULT_SUBJECT });
}

function sawAll({ options, report }: EndedVaultOperation): boolean {
  if (options.kind !== 'verify' || report?.kind !== 'verify') return false;
  return (
    options.level >= 1 && options.database === undefined && options.subset === undefined && report.complete
  );
}
