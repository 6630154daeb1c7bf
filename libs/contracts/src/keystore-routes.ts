// Keystores of encrypted tablespaces: no backup of a database holds them, so that they were backed up elsewhere is for a person to record.
import { z } from 'zod';
import { defineRoutes } from './route';
import { databaseId, instant, keyId, KEYSTORE_KEYS_MAX } from './schemas';

/** Keys in one record; a database has one for itself and one for each pluggable database. */
const KEYS_MAX = 100;
const NOTE_CHARS_MAX = 500;

const keystoreBackups = z.object({
  databaseId,
  /** The newest record of each key, the newest first. */
  keys: z
    .array(
      z.object({
        keyId,
        recordedAt: instant,
        recordedBy: z.string(),
        note: z.string().max(NOTE_CHARS_MAX).nullable(),
      }),
    )
    .max(KEYSTORE_KEYS_MAX),
});

export const keystoreRoutes = defineRoutes({
  recordKeystoreBackup: {
    method: 'POST',
    path: '/api/v1/databases/{database}/keystore-backups',
    summary: 'Records that the keystore with these master keys was backed up outside the database',
    auth: 'api',
    status: 200,
    body: z.strictObject({
      keys: z.array(keyId).min(1).max(KEYS_MAX),
      /** Where it is, for whoever looks for it. */
      note: z.string().min(1).max(NOTE_CHARS_MAX).nullable().default(null),
    }),
    response: keystoreBackups,
  },
  listKeystoreBackups: {
    method: 'GET',
    path: '/api/v1/databases/{database}/keystore-backups',
    summary: 'The master keys that are on record as backed up',
    auth: 'api',
    status: 200,
    response: keystoreBackups,
  },
});

export type KeystoreBackups = z.infer<typeof keystoreBackups>;
