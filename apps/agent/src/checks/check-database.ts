// Pre-checks of the database as a whole, asked of the run's own instance. One question that this release does not answer is told as a warning
// and stops nobody; a database that is gone stops the run.
import { type CheckCode } from '@adyton/contracts';
import { OracleError, type DatabaseFacts, type EncryptedTablespace, type RmanSetting } from '@adyton/oracle';
import { type Planning } from '../backup/backup-run';
import { unknown, type Check } from './check-that';
import {
  isOneChannelEdition,
  judgeChangeTracking,
  judgeEdition,
  judgeRecordKeepTime,
  judgeRmanJobs,
} from './judge-database';
import { judgeKeystore, judgeKeystoreBackup } from './judge-keystore';
import { judgeReleaseUpdates } from './judge-releases';
import { judgeSnapshot } from './judge-snapshot';
import { judgeRecoveryArea } from './judge-space';
import { fileSystemOf } from './look-at-host';

export interface DatabaseChecked {
  readonly checks: readonly Check[];
  readonly isOneChannelEdition: boolean;
  readonly encryptedTablespaces: readonly EncryptedTablespace[];
  /** Redo threads by the instance that writes them. */
  readonly threads: ReadonlyMap<string, number>;
}

/** @throws OracleError when nobody answers any more */
export async function checkDatabase(
  run: Pick<Planning, 'claimed'>,
  database: DatabaseFacts,
  settings: readonly RmanSetting[],
): Promise<DatabaseChecked> {
  const { claimed } = run;
  const facts = database.checks;
  const checks: Check[] = [];
  const ask = async <T>(code: CheckCode, unanswered: T, question: () => Promise<T>): Promise<T> => {
    try {
      return await question();
    } catch (error) {
      if (!(error instanceof OracleError) || error.kind !== 'query') throw error;
      checks.push(unknown(code, error));
      return unanswered;
    }
  };
  const judge = (code: CheckCode, verdict: () => Promise<Check>): Promise<unknown> =>
    ask(code, undefined, async () => void checks.push(await verdict()));

  const releases = await ask('release-update', [], () => facts.releases());
  if (releases.some(({ isParallel }) => isParallel)) {
    checks.push(judgeReleaseUpdates(releases));
    const place = { settings, fileSystemOf, ...claimed.database };
    await judge('snapshot-control-file', async () =>
      judgeSnapshot({ ...place, sharedPaths: await facts.sharedPaths() }),
    );
  }
  const banner = await ask('standard-edition', '', () => facts.banner());
  checks.push(judgeEdition(banner, claimed.database.channels));
  await judge('change-tracking', async () => judgeChangeTracking(await facts.isChangeTracked(), banner));
  await judge('record-keep-time', async () =>
    judgeRecordKeepTime(await database.recordKeepDays(), claimed.daysBetweenFulls),
  );
  await judge('recovery-area', async () => judgeRecoveryArea(await database.recoveryAreaPercent()));
  await judge('rman-jobs', async () => judgeRmanJobs(await facts.rmanChannels()));
  const encryptedTablespaces = await ask('keystore', [], () => facts.encryptedTablespaces());
  await judge('keystore', async () => judgeKeystore(encryptedTablespaces, await facts.keystores()));
  checks.push(judgeKeystoreBackup(encryptedTablespaces, claimed.keystoreKeys));
  return {
    checks,
    isOneChannelEdition: isOneChannelEdition(banner),
    encryptedTablespaces,
    threads: new Map(releases.map(({ instanceName, thread }) => [instanceName, thread])),
  };
}
