// Verifies the vault against itself and against the ledger: a manifest that was deleted names itself nowhere in the bucket, but the ledger knows
// it. Packs found damaged are marked at once, so that the next backup stores what they held again.
import { reasonOf, REPORT_ROWS_MAX } from '@adyton/contracts';
import { listManifestKeys, readVerifyState, recordVerifiedPoints, storeVerifyState } from '@adyton/ledger';
import {
  markPackDamaged,
  NOTHING_VERIFIED,
  verifyVault,
  type Finding,
  type Meaning,
  type VerifyLevel,
  type VerifyReport,
  type VerifyState,
} from '@adyton/vault';
import { dbKeyOf } from './db-key-of';
import { type MaintenanceParts } from './maintenance-parts';
import {
  PRINCIPAL,
  type OperationContext,
  type OperationEnd,
  type OptionsOf,
  type ReportOf,
} from './operations';
import { watchedStore } from './watched-store';

type Row = ReportOf<'verify'>['findings'][number];

const MS_PER_SECOND = 1000;
const MEANINGS: Readonly<Record<Meaning, string>> = {
  'vault-closed': 'only who kept the recovery key can open the vault with it',
  'pieces-lost': 'the pieces cannot be given back, nor the recovery points that need them',
  'recovery-point-lost': 'nothing can be restored from it',
  'costs-space': 'every piece comes back; the next backup stores more than it would have to',
  'copy-left': 'its copy is used; nothing is lost while that is whole',
  'collection-stops': 'every piece comes back; collecting may stop until a person has looked',
};

export async function verify(
  parts: MaintenanceParts,
  options: OptionsOf<'verify'>,
  context: OperationContext,
): Promise<OperationEnd<'verify'>> {
  const { ledger, vault, store, compute, clock } = parts;
  const dbKeys = options.database === undefined ? undefined : [await dbKeyOf(parts, options.database)];
  const findings = new Findings();
  const report = await verifyVault({
    store: watchedStore(store, context),
    vault,
    compute,
    now: () => clock.now(),
    level: options.level as VerifyLevel, // the catalog's schema has the same bounds
    onFinding: async (finding) => {
      findings.add(finding);
      await markDamaged(parts, finding);
    },
    expectedManifests: await listManifestKeys(ledger.session, options.database),
    state: (await readVerifyState<VerifyState>(ledger.session)) ?? NOTHING_VERIFIED,
    ...(dbKeys === undefined ? {} : { scope: { dbKeys } }),
    ...(options.subset === undefined ? {} : { subset: { n: options.subset.part, of: options.subset.of } }),
    ...(options.budgetSeconds === undefined ? {} : { budgetMs: options.budgetSeconds * MS_PER_SECOND }),
  });
  await storeVerifyState(ledger.session, report.state);
  const isWhole = options.database === undefined && options.subset === undefined && options.level >= 1;
  await recordVerifiedPoints(ledger.session, {
    corruptManifests: [...findings.corruptManifests],
    lostHandles: [...findings.lostHandles],
    othersAreWhole: isWhole && report.reached.kind === 'all',
    principal: PRINCIPAL,
  });
  return endOf(report, findings);
}

function endOf(report: VerifyReport, { rows, total }: Findings): OperationEnd<'verify'> {
  const [first] = rows;
  const detail = `${total} finding(s); the first: ${first?.objectKey ?? ''}: ${first?.detail ?? ''}`;
  return {
    reason: first === undefined ? null : reasonOf('ADY_VAULT_DAMAGED', detail),
    report: {
      kind: 'verify',
      level: report.level,
      objectsChecked: Object.values(report.objectsChecked).reduce((sum, count) => sum + count, 0),
      bytesRead: report.bytesRead,
      complete: report.reached.kind === 'all',
      findingsTotal: total,
      findings: rows,
    },
  };
}

/** What was found: rows for people, names for the ledger. */
class Findings {
  total = 0;
  readonly rows: Row[] = [];
  readonly corruptManifests = new Set<string>();
  readonly lostHandles = new Set<string>();

  add(finding: Finding): void {
    this.total += 1;
    if (this.rows.length < REPORT_ROWS_MAX) this.rows.push(rowOf(finding));
    if (finding.kind !== 'damage') return;
    if (finding.means === 'pieces-lost') for (const handle of finding.pieces) this.lostHandles.add(handle);
    if (finding.means === 'pieces-lost' || finding.means === 'recovery-point-lost')
      for (const manifestKey of finding.recoveryPoints) this.corruptManifests.add(manifestKey);
  }
}

function rowOf(finding: Finding): Row {
  if (finding.kind === 'damage')
    return {
      objectKey: finding.objectKey,
      damage: finding.damage,
      detail: MEANINGS[finding.means],
      handles: finding.pieces.slice(0, REPORT_ROWS_MAX),
      manifestKeys: finding.recoveryPoints.slice(0, REPORT_ROWS_MAX),
    };
  const blocks = finding.blocks.map((b) => `file ${b.relativeFile} block ${b.block}`).join(', ');
  return {
    objectKey: finding.objectKey,
    damage: 'corrupt-blocks',
    detail: `${finding.blocksCorrupt} block(s) were corrupt in the database when they were backed up: ${blocks}`,
    handles: [finding.handle],
    manifestKeys: finding.recoveryPoints.slice(0, REPORT_ROWS_MAX),
  };
}

async function markDamaged({ store, clock }: MaintenanceParts, finding: Finding): Promise<void> {
  if (finding.kind !== 'damage') return;
  if (finding.object !== 'data-pack' && finding.object !== 'metadata-pack') return;
  if (finding.damage === 'unsupported-version') return; // whole, for a newer program
  await markPackDamaged(store, finding.objectKey, { damage: finding.damage, at: clock.now() });
}
