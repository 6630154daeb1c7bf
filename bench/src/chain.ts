// Thirty fulls in a row, each after 1 % of the blocks changed anywhere: whether what is stored stays near what changed, and whether restores
// stay fast while a file's blocks spread over ever more packs.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { lineOf, restoreChecked, restoreRow, stepRow, type RestoreRow, type StepRow } from './compare';
import { uniformChain, writeStream } from './datasets';
import { medianOf } from './measure';
import { openAdyton, type Adyton } from './subjects/adyton';
import { type StreamFile } from './subjects/subject';

/** Fulls after the first. */
export const CHAIN_FULLS = 30;
/** After this many a restore must still be nearly as fast as after none. */
export const CHAIN_RESTORED_AFTER = 10;
const RESTORES = 3;

export interface ChainFigures {
  /** The first full and those after it, in order. */
  readonly fulls: readonly StepRow[];
  readonly restoreMbPerSecondFirst: number;
  readonly restoreMbPerSecondLater: number;
}

export async function measureChain(
  bytes: number,
  place: { readonly directory: string; readonly say: (text: string) => void },
): Promise<ChainFigures> {
  const directory = join(place.directory, 'chain');
  mkdirSync(directory, { recursive: true });
  const adyton = await openAdyton(directory);
  const fulls: StepRow[] = [];
  const restores: number[] = [];
  try {
    for (const step of uniformChain(bytes)) {
      const stream = writeStream(join(place.directory, 'streams'), step);
      const row = stepRow(
        { series: 'chain', step: step.name, subject: 'adyton' },
        stream,
        await adyton.backUp(step.name, stream),
      );
      fulls.push(row);
      place.say(lineOf(row));
      if (fulls.length === 1 || fulls.length === CHAIN_RESTORED_AFTER + 1)
        restores.push(await restoredMbPerSecond(adyton, step.name, stream));
      rmSync(stream.path);
      if (fulls.length > CHAIN_FULLS) break;
    }
  } finally {
    await adyton.close();
  }
  rmSync(directory, { recursive: true, force: true });
  const [first = NaN, later = NaN] = restores;
  return { fulls, restoreMbPerSecondFirst: first, restoreMbPerSecondLater: later };
}

async function restoredMbPerSecond(adyton: Adyton, name: string, stream: StreamFile): Promise<number> {
  const rows: RestoreRow[] = [];
  for (let i = 0; i < RESTORES; i += 1)
    rows.push(
      restoreRow(
        { series: 'chain', step: name, subject: 'adyton' },
        stream,
        await restoreChecked(adyton, name, stream),
      ),
    );
  return medianOf(rows.map((row) => row.mbPerSecond));
}
