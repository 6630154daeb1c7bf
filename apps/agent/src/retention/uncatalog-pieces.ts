// The doorbell of pieces that RMAN has to forget (K3). The control-plane names a batch that nothing needs; RMAN uncatalogs what it lists of it; and
// only what v$backup_piece does not list afterwards is reported as gone, whatever RMAN said. A batch that is asked for twice is harmless.
import { AdytonError, isErrorCode, reasonOf, type Database, type Reason } from '@adyton/contracts';
import { type DatabaseId } from '@adyton/domain';
import { type DatabaseFacts } from '@adyton/oracle';
import {
  classifyRmanFailure,
  composeUncatalogScript,
  isScriptableHandle,
  printScript,
  readRmanOutput,
} from '@adyton/rman';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type AgentTools } from '../backup/backup-run';
import { openDatabase } from '../backup/open-database';
import { interruptRman } from '../rman/end-rman';
import { runRman } from '../rman/run-rman';
import { reasonOfFailure } from '../runs/run-failure';

/** RMAN needs seconds for a batch; one that hangs gives the next ring its turn, ms. */
const RMAN_TIMEOUT_MS = 10 * 60_000;
/** A record of it is kept of deleted pieces. */
const DELETED = 'D';
/** Handles named in a reason; the rest is counted. */
const NAMED_MAX = 5;

export async function uncatalogPieces(tools: AgentTools, databaseId: DatabaseId): Promise<void> {
  const { controlPlane, log } = tools;
  const handles = await controlPlane.uncatalogBatch(databaseId);
  if (handles.length === 0) return;
  const outcome = await uncatalog(tools, databaseId, handles).catch((error: unknown) => {
    log.warn({ databaseId, err: error }, 'pieces.not-uncataloged');
    return { gone: [], reason: reasonOfFailure(error, null) };
  });
  await controlPlane.reportUncataloged(databaseId, outcome);
  log.info(
    { databaseId, asked: handles.length, gone: outcome.gone.length, code: outcome.reason?.code ?? null },
    'pieces.uncataloged',
  );
}

interface Outcome {
  readonly gone: string[];
  readonly reason: Reason | null;
}

/** @throws RunFailure, AdytonError, OracleError */
async function uncatalog(
  tools: AgentTools,
  databaseId: DatabaseId,
  handles: readonly string[],
): Promise<Outcome> {
  const database = (await tools.controlPlane.databases()).find((d) => d.id === databaseId);
  if (database === undefined)
    throw new AdytonError('ADY_DATABASE_UNKNOWN', `${databaseId} is not registered on this host`);
  await using facts = await openDatabase({ config: tools.config, claimed: { database } });
  await confirmDatabase(tools, database, facts);
  let failure: Reason | null = null;
  let left = await listed(facts, handles);
  for (let progress = true; progress && left.length > 0;) {
    failure = await runUncatalog(tools, database, left);
    const still = await listed(facts, left);
    progress = still.length < left.length; // an error ends RMAN's command file before the pieces behind it
    left = still;
  }
  const remaining = new Set(left);
  return {
    gone: handles.filter((handle) => !remaining.has(handle)),
    reason: left.length === 0 ? null : (failure ?? stillListed(left)),
  };
}

/** RMAN of another database would say that it knows none of the pieces. @throws AdytonError ADY_DATABASE_IDENTITY_CHANGED */
async function confirmDatabase(
  { controlPlane }: AgentTools,
  { id }: Database,
  facts: DatabaseFacts,
): Promise<void> {
  const { dbid, dbUniqueName } = await facts.identity();
  await controlPlane.reportIdentity(id, { dbid, dbUniqueName });
}

/** Available, expired or unavailable ones: RMAN may offer each of them to a restore again. */
async function listed(facts: DatabaseFacts, handles: readonly string[]): Promise<string[]> {
  const pieces = await facts.backupPieces('%'); // those of runs by hand share no prefix
  const known = new Set(pieces.filter(({ status }) => status !== DELETED).map(({ handle }) => handle));
  return handles.filter((handle) => known.has(handle));
}

/** @returns why RMAN did not end well. That a piece was not on its record any more (RMAN-20260) shows in what it lists, too. */
async function runUncatalog(
  { config }: AgentTools,
  database: Database,
  handles: readonly string[],
): Promise<Reason | null> {
  const scriptable = handles.filter(isScriptableHandle);
  if (scriptable.length === 0)
    return reasonOf('ADY_SCRIPT_REFUSED', `${named(handles)} may not stand in an RMAN script`);
  const directory = join(config.ADYTON_STATE_DIR, 'uncatalog');
  const scriptFile = join(directory, `${database.id}.rman`);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await writeFile(scriptFile, printScript(composeUncatalogScript(scriptable)), { mode: 0o600 });
  try {
    const { output, exitCode } = await runRman({
      ...database,
      scriptFile,
      signal: AbortSignal.timeout(RMAN_TIMEOUT_MS),
      target: null,
      end: interruptRman,
      onOutput: () => undefined,
    });
    return reasonOfOutput(output, exitCode);
  } finally {
    await rm(scriptFile, { force: true });
  }
}

function reasonOfOutput(output: string, exitCode: number | null): Reason | null {
  const { outcome } = readRmanOutput(output);
  if (outcome.kind === 'clean' && exitCode === 0) return null;
  const stack = outcome.kind === 'clean' ? [] : outcome.stack;
  const { code, detail } = classifyRmanFailure(stack);
  return reasonOf(isErrorCode(code) ? code : 'ADY_RMAN_FAILED', detail, { oraErrors: stack });
}

function stillListed(handles: readonly string[]): Reason {
  return reasonOf('ADY_UNCATALOG_FAILED', `RMAN still lists ${handles.length} piece(s): ${named(handles)}`);
}

function named(handles: readonly string[]): string {
  return handles.slice(0, NAMED_MAX).join(', ');
}
