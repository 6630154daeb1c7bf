// Every claim counts the runs of its request and looks for earlier attempts at it: without this it reads all runs there have ever been.
import { sql, type Kysely } from 'kysely';
import { type Migration } from 'kysely/migration';

export const runsOfRequests: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`CREATE INDEX runs_of_request ON adyton.runs (request_id)`.execute(db);
  },
};
