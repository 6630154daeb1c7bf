// Which master keys are on record as backed up.
import { type DatabaseId } from '@adyton/domain';
import { type Generated } from 'kysely';

export interface KeystoreBackupsTable {
  database_id: DatabaseId;
  key_id: string;
  recorded_at: Generated<Date>;
  recorded_by: string;
  note: string | null;
}
