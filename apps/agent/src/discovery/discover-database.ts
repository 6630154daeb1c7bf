// Asks a registered database who it is, so that its identity is known before the first backup.
import { AdytonError } from '@adyton/contracts';
import { type DatabaseId } from '@adyton/domain';
import { type AgentTools } from '../backup/backup-run';
import { openDatabase } from '../backup/open-database';

/** @throws AdytonError ADY_DATABASE_UNKNOWN, ADY_DATABASE_IDENTITY_CHANGED; OracleError */
export async function discoverDatabase(tools: AgentTools, databaseId: DatabaseId): Promise<void> {
  const database = (await tools.controlPlane.databases()).find((d) => d.id === databaseId);
  if (database === undefined)
    throw new AdytonError('ADY_DATABASE_UNKNOWN', `${databaseId} is not registered on this host`);
  await using facts = await openDatabase({ config: tools.config, claimed: { database } });
  const { dbid, dbUniqueName } = await facts.identity();
  await tools.controlPlane.reportIdentity(databaseId, { dbid, dbUniqueName });
  tools.log.info({ databaseId, dbid, dbUniqueName }, 'database.discovered');
}
