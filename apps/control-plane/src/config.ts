// Settings of the control-plane: the server and its prepare step read the same list.
import {
  defineSettings,
  durationSettings,
  httpSettings,
  ledgerSettings,
  logSettings,
  redisSettings,
  retentionSettings,
  setting,
  storeSettings,
  type ConfigOf,
} from '@adyton/runtime';
import { vaultKeySettings } from '@adyton/vault-access';

export const settings = defineSettings({
  ...logSettings,
  ...httpSettings,
  ...ledgerSettings,
  ...redisSettings,
  ...storeSettings,
  ...vaultKeySettings,
  ...durationSettings,
  ...retentionSettings,
  ADYTON_API_TOKEN: {
    schema: setting.text.min(16, 'must have at least 16 characters'),
    secret: true,
    doc: 'token that people and clients present',
  },
  ADYTON_NOTIFY_ALLOWED_NETWORKS: {
    schema: setting.networks,
    optional: true,
    doc: 'loopback, link-local or metadata networks that webhooks may lead to all the same, with commas between: `127.0.0.0/8`',
  },
  ADYTON_VAULT_KEY_CREATE: {
    schema: setting.yesNo,
    default: 'no',
    doc: 'yes lets the prepare step make the key file when it is missing',
  },
});

export type Config = ConfigOf<typeof settings>;
