// Puts on record every recovery point that only the bucket knows. What stands against the records, or is damaged, is left out by name.
import { manifestContents, REPORT_ROWS_MAX, reasonOf } from '@adyton/contracts';
import { makeId, type IdKind, type RunId } from '@adyton/domain';
import { adoptRecoveryPoint } from '@adyton/ledger';
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
    tally.count(found, await outcomeOf(parts, found));
    context.show({ objectsDone: tally.manifests, objectsExpected: null, bytesRead: 0 });
  }
  return tally.end();
}

/** What became of a manifest that was found. */
type Outcome =
  /** `registered`: name of the database, when that had to be put on record too. */
  | { readonly kind: 'added'; readonly registered: string | null }
  | { readonly kind: 'known' }
  | { readonly kind: 'left-out'; readonly detail: string };

async function outcomeOf({ ledger }: MaintenanceParts, found: FoundRecoveryPoint): Promise<Outcome> {
  if (found.kind === 'damaged') return { kind: 'left-out', detail: found.detail };
  const { manifest } = found;
  const parsed = manifestContents.safeParse(manifest.contents);
  if (!parsed.success)
    return { kind: 'left-out', detail: `its contents are not readable: ${parsed.error.message}` };
  const committedAtMs = Date.parse(manifest.createdAt);
  const newId = <K extends IdKind>(kind: K) => makeId(kind, ulid(committedAtMs));
  const adoption = await adoptRecoveryPoint(ledger.session, {
    manifestKey: found.manifestKey,
    manifestSha256: found.sha256,
    runId: manifest.runId as RunId,
    fence: manifest.fence,
    contents: parsed.data,
    pieces: manifest.pieces,
    principal: PRINCIPAL,
    ids: {
      recoveryPointId: newId('RecoveryPointId'),
      databaseId: newId('DatabaseId'),
      requestId: newId('RequestId'),
    },
  });
  if (adoption.kind !== 'added') return adoption;
  return { kind: 'added', registered: adoption.registered ? parsed.data.registration.name : null };
}

/** What was found, and what became of it. */
class Tally {
  manifests = 0;
  private readonly databases = new Set<string>();
  private readonly registered: string[] = [];
  private added = 0;
  private known = 0;
  private readonly leftOut: { name: string; detail: string }[] = [];

  count({ dbKey, manifestKey }: FoundRecoveryPoint, outcome: Outcome): void {
    this.manifests += 1;
    this.databases.add(dbKey);
    switch (outcome.kind) {
      case 'left-out':
        this.leftOut.push({ name: manifestKey, detail: outcome.detail });
        return;
      case 'known':
        this.known += 1;
        return;
      case 'added':
        this.added += 1;
        if (outcome.registered !== null) this.registered.push(outcome.registered);
    }
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
