// Verifies the vault against itself and against the ledger: a manifest that was deleted names itself nowhere in the bucket, but the ledger knows
// it. Packs found damaged are marked at once, so that the next backup stores what they held again.
import { reasonOf, REPORT_ROWS_MAX } from '@adyton/contracts';
import { listManifestKeys, readVerifyState, storeVerifyState } from '@adyton/ledger';
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
import { type MaintenanceParts } from './operation-table';
import { type OperationContext, type OperationEnd, type OptionsOf, type ReportOf } from './operations';
import { watchedStore } from './watched-store';

type Row = ReportOf<'verify'>['findings'][number];

const MS_PER_SECOND = 1000;
const MEANINGS: Readonly<Record<Meaning, string>> = {
  'vault-closed': 'only who kept the recovery key can open the vault with it',
  'pieces-lost': 'the pieces cannot be given back, nor the recovery points that need them',
  'recovery-point-lost': 'nothing can be restored from it',
  'costs-space': 'every piece comes back; the next backup stores more than it would have to',
  'collection-stops': 'every piece comes back; collecting may stop until a person has looked',
};

export async function verify(
  parts: MaintenanceParts,
  options: OptionsOf<'verify'>,
  context: OperationContext,
): Promise<OperationEnd<'verify'>> {
  const { ledger, vault, store, compute, clock } = parts;
  const dbKeys = options.database === undefined ? undefined : [await dbKeyOf(parts, options.database)];
  const rows: Row[] = [];
  let found = 0;
  const report = await verifyVault({
    store: watchedStore(store, context),
    vault,
    compute,
    now: () => clock.now(),
    level: options.level as VerifyLevel, // the catalog's schema has the same bounds
    onFinding: async (finding) => {
      found += 1;
      if (rows.length < REPORT_ROWS_MAX) rows.push(rowOf(finding));
      await markDamaged(parts, finding);
    },
    expectedManifests: await listManifestKeys(ledger.session, options.database),
    state: (await readVerifyState<VerifyState>(ledger.session)) ?? NOTHING_VERIFIED,
    ...(dbKeys === undefined ? {} : { scope: { dbKeys } }),
    ...(options.subset === undefined ? {} : { subset: { n: options.subset.part, of: options.subset.of } }),
    ...(options.budgetSeconds === undefined ? {} : { budgetMs: options.budgetSeconds * MS_PER_SECOND }),
  });
  await storeVerifyState(ledger.session, report.state);
  return endOf(report, rows, found);
}

function endOf(report: VerifyReport, findings: Row[], findingsTotal: number): OperationEnd<'verify'> {
  const [first] = findings;
  const detail = `${findingsTotal} finding(s); the first: ${first?.objectKey ?? ''}: ${first?.detail ?? ''}`;
  return {
    reason: first === undefined ? null : reasonOf('ADY_VAULT_DAMAGED', detail),
    report: {
      kind: 'verify',
      level: report.level,
      objectsChecked: Object.values(report.objectsChecked).reduce((sum, count) => sum + count, 0),
      bytesRead: report.bytesRead,
      complete: report.reached.kind === 'all',
      findingsTotal,
      findings,
    },
  };
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
  await markPackDamaged(store, finding.objectKey, { damage: finding.damage, at: clock.now() });
}
