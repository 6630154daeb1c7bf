// Step 3: every data file with its size and what is expected to be read from it. A failing estimate fails the run; zero data files are no success.
import { type RunPlan } from '@adyton/contracts';
import { type LevelDecision } from '@adyton/domain';
import { type DatabaseFacts } from '@adyton/oracle';
import { RunFailure } from '../runs/run-failure';

/** Share of a file that a level 1 is expected to read where no earlier one tells better. */
const LEVEL1_SHARE_GUESSED = 0.1;

export interface Estimate {
  readonly files: RunPlan['files'];
  readonly bytesExpected: number;
}

/** @throws RunFailure ADY_NO_DATA_FILES; OracleError */
export async function estimateDataFiles(database: DatabaseFacts, decision: LevelDecision): Promise<Estimate> {
  const [facts, lastLevel1] = await Promise.all([database.dataFiles(), database.lastBlocksOfLevel1()]);
  if (facts.length === 0) throw new RunFailure('ADY_NO_DATA_FILES', 'v$datafile has no row');
  const decided = new Map(decision.files.map((f) => [f.file, f]));
  const files = facts.map((f) => {
    const level = decided.get(f.file);
    const bytesExpected =
      decision.level === 'archivelog'
        ? 0
        : level?.level === 1
          ? Math.round(lastLevel1.get(f.file) ?? f.bytes * LEVEL1_SHARE_GUESSED)
          : f.bytes;
    return {
      file: f.file,
      name: f.name,
      bytes: f.bytes,
      bytesExpected,
      level: level?.level ?? null,
      reason: level?.reason ?? null,
      baseHandle: level?.baseHandle ?? null,
      status: f.status,
    };
  });
  return { files, bytesExpected: files.reduce((sum, f) => sum + f.bytesExpected, 0) };
}
