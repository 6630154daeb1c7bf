// Puts on record every recovery point that only the bucket knows. What stands against the records, or is damaged, is left out by name.
import { manifestContents, REPORT_ROWS_MAX, reasonOf } from '@adyton/contracts';
import { ID_PREFIX, type DatabaseId, type RecoveryPointId, type RequestId, type RunId } from '@adyton/domain';
import { adoptRecoveryPoint, type Adoption } from '@adyton/ledger';
import { readRecoveryPoints, type FoundRecoveryPoint } from '@adyton/vault';
import { ulid } from 'ulid';
import { type MaintenanceParts } from './maintenance-parts';
import { PRINCIPAL, type OperationContext, type OperationEnd } from './operations';

export async function rebuildLedger(
  parts: MaintenanceParts,
  context: OperationContext,
): Promise<OperationEnd<'rebuild-ledger'>> {
  const { store, vault } = parts;
  const tally = new Tally();
  for await (const found of readRecoveryPoints({ store, ...vault })) {
    context.signal.throwIfAborted();
    tally.count(found, found.kind === 'point' ? await adopt(parts, found) : null);
    context.show({ objectsDone: tally.manifests, objectsExpected: null, bytesRead: 0 });
  }
  return tally.end();
}

type FoundPoint = Extract<FoundRecoveryPoint, { kind: 'point' }>;

async function adopt({ ledger }: MaintenanceParts, found: FoundPoint): Promise<Adoption> {
  const { manifest } = found;
  const parsed = manifestContents.safeParse(manifest.contents);
  if (!parsed.success)
    return { kind: 'left-out', detail: `its contents are not readable: ${parsed.error.message}` };
  const committedAtMs = Date.parse(manifest.createdAt);
  const newId = <T extends string>(prefix: string): T => `${prefix}_${ulid(committedAtMs)}` as T;
  return adoptRecoveryPoint(ledger.session, {
    manifestKey: found.manifestKey,
    manifestSha256: found.sha256,
    runId: manifest.runId as RunId,
    fence: manifest.fence,
    contents: parsed.data,
    pieces: manifest.pieces,
    principal: PRINCIPAL,
    ids: {
      recoveryPointId: newId<RecoveryPointId>(ID_PREFIX.RecoveryPointId),
      databaseId: newId<DatabaseId>(ID_PREFIX.DatabaseId),
      requestId: newId<RequestId>(ID_PREFIX.RequestId),
    },
  });
}

/** What was found, and what became of it. */
class Tally {
  manifests = 0;
  private readonly databases = new Set<string>();
  private readonly registered: string[] = [];
  private added = 0;
  private known = 0;
  private readonly leftOut: { name: string; detail: string }[] = [];

  count(found: FoundRecoveryPoint, adoption: Adoption | null): void {
    this.manifests += 1;
    this.databases.add(found.dbKey);
    if (found.kind === 'damaged' || adoption === null) {
      const detail = found.kind === 'damaged' ? found.detail : '';
      this.leftOut.push({ name: found.manifestKey, detail });
      return;
    }
    if (adoption.kind === 'left-out') this.leftOut.push({ name: found.manifestKey, detail: adoption.detail });
    if (adoption.kind === 'known') this.known += 1;
    if (adoption.kind !== 'added') return;
    this.added += 1;
    if (adoption.registered) this.registered.push(nameOf(found));
  }

  end(): OperationEnd<'rebuild-ledger'> {
    const { leftOut } = this;
    const detail = `${leftOut.length} recovery point(s) were left out: ${leftOut[0]?.detail ?? ''}`;
    return {
      reason: leftOut.length === 0 ? null : reasonOf('ADY_POINTS_LEFT_OUT', detail),
      report: {
        kind: 'rebuild-ledger',
        databases: this.databases.size,
        databasesRegistered: this.registered,
        pointsAdded: this.added,
        pointsKnown: this.known,
        leftOut: leftOut.slice(0, REPORT_ROWS_MAX),
      },
    };
  }
}

function nameOf(found: FoundPoint): string {
  const parsed = manifestContents.safeParse(found.manifest.contents);
  return parsed.success ? parsed.data.registration.name : found.dbKey;
}
