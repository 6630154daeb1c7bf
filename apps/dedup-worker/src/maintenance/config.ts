// Settings of the maintenance role: it holds the master key in memory, and its credentials of the store are the only ones that may delete.
import { defineSettings, ledgerSettings, logSettings, redisSettings, storeSettings } from '@adyton/runtime';
import { vaultKeySettings } from '@adyton/vault-access';
import { computeSettings } from '../config';

export const settings = defineSettings({
  ...logSettings,
  ...ledgerSettings,
  ...redisSettings,
  ...storeSettings,
  ...vaultKeySettings,
  ...computeSettings,
});
