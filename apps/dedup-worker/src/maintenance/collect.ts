// Deletes what no recovery point, failed run, restore or unreleased piece needs; or says what that would be.
import { REPORT_ROWS_MAX } from '@adyton/contracts';
import { collectGarbage, previewGarbage, type CollectOptions } from '@adyton/vault';
import { ulid } from 'ulid';
import { type MaintenanceParts } from './maintenance-parts';
import { type OperationContext, type OperationEnd, type OptionsOf, type ReportOf } from './operations';
import { watchedStore } from './watched-store';

export async function collect(
  { vault, store, clock }: MaintenanceParts,
  { dryRun }: OptionsOf<'collect'>,
  context: OperationContext,
): Promise<OperationEnd<'collect'>> {
  const options: CollectOptions = {
    ...vault,
    store: watchedStore(store, context),
    now: clock.now(),
    probeId: ulid(clock.now().getTime()),
  };
  return { report: await (dryRun ? preview(options) : run(options)), reason: null };
}

async function run(options: CollectOptions): Promise<ReportOf<'collect'>> {
  const done = await collectGarbage(options);
  return {
    kind: 'collect',
    dryRun: false,
    outcome: done.outcome,
    generation: done.generation,
    packsCondemned: done.packsCondemned,
    packsRescued: done.packsRescued,
    packsDeleted: done.packsDeleted,
    packsRetained: done.packsRetained,
    recipesDeleted: done.recipesDeleted,
    bytesFreed: done.bytesFreed,
    sessionsAwaited: done.sessionsWaitedFor.slice(0, REPORT_ROWS_MAX),
    sessionsEnded: done.sessionsEnded.slice(0, REPORT_ROWS_MAX),
  };
}

async function preview(options: CollectOptions): Promise<ReportOf<'collect'>> {
  const seen = await previewGarbage(options);
  return {
    kind: 'collect',
    dryRun: true,
    outcome: seen.packs.length + seen.recipes.length === 0 ? 'nothing' : 'done',
    generation: seen.generation,
    packsCondemned: seen.packs.length,
    packsRescued: 0,
    packsDeleted: seen.packs.length,
    packsRetained: 0,
    recipesDeleted: seen.recipes.length,
    bytesFreed: 0,
    sessionsAwaited: seen.sessionsOpen.slice(0, REPORT_ROWS_MAX),
    sessionsEnded: [],
  };
}
