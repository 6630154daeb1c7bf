// Questions only: the product's own, each answer kept as CSV, and the file that the backups will be made of.
import { QUERIES } from '@adyton/oracle';
import { ask, type QueryAnswer } from './host/sqlplus';
import { type OracleHost } from './host/oracle-host';
import { type TargetFile } from './steps/certification';

/** Smaller ones hold too few blocks to say anything. */
const FILE_BYTES_MIN = 1024 * 1024;

/** @throws Error when the instance does not answer at all: that says nothing of any claim. */
export async function askEverything(host: OracleHost): Promise<Record<string, QueryAnswer>> {
  const answers: Record<string, QueryAnswer> = { instance: await ask(host, QUERIES.instance) };
  const error = answers['instance']?.error ?? null;
  if (error !== null) throw new Error(`instance ${host.oracleSid} cannot be asked: ${error}`);
  for (const [name, sql] of Object.entries(QUERIES))
    if (/^\s*SELECT/i.test(sql)) answers[name] = await ask(host, sql.replace(/:\w+_pattern/g, `'%'`));
  return answers;
}

/** The smallest file that is online and large enough, or the one that was asked for; null when there is none. */
export function chooseDataFile(
  answers: Readonly<Record<string, QueryAnswer>>,
  options: { readonly file: number | null; readonly bytesMax: number },
): TargetFile | null {
  return (
    fittingFiles(answers, options).find(({ file }) => options.file === null || file === options.file) ?? null
  );
}

/** The smallest file that nobody has backed up yet, as if it were new. */
export function chooseNewFile(
  answers: Readonly<Record<string, QueryAnswer>>,
  options: { readonly bytesMax: number },
  chosen: TargetFile | null,
): TargetFile | null {
  const withBase = new Set((answers['bases']?.rows ?? []).map((row) => Number(row['FILE#'])));
  const isNew = ({ file }: TargetFile): boolean => file !== chosen?.file && !withBase.has(file);
  return fittingFiles(answers, options).find(isNew) ?? null;
}

/** Online and neither too small nor too large, the smallest first. */
function fittingFiles(
  answers: Readonly<Record<string, QueryAnswer>>,
  { bytesMax }: { readonly bytesMax: number },
): TargetFile[] {
  const excluded = (answers['configuration']?.rows ?? [])
    .filter((row) => row['NAME'] === 'EXCLUDE FOR TABLESPACE')
    .map((row) => (row['VALUE'] ?? '').replaceAll("'", ''));
  return (answers['dataFiles']?.rows ?? [])
    .filter((row) => row['STATUS'] === 'ONLINE' || row['STATUS'] === 'SYSTEM')
    .map((row) => ({
      file: Number(row['FILE#']),
      bytes: Number(row['BYTES']),
      blockBytes: Number(row['BLOCK_SIZE']),
      tablespace: row['TABLESPACE'] ?? '',
      creationScn: row['CREATION_CHANGE#'] ?? '',
      isExcluded: excluded.includes(row['TABLESPACE'] ?? ''),
    }))
    .filter(({ bytes }) => bytes >= FILE_BYTES_MIN && bytes <= bytesMax)
    .sort((a, b) => a.bytes - b.bytes);
}
