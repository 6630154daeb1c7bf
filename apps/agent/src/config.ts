// Settings of the agent on a database host.
import {
  defineSettings,
  hostSettings,
  logSettings,
  redisSettings,
  setting,
  type ConfigOf,
} from '@adyton/runtime';

export const settings = defineSettings({
  ...logSettings,
  ...hostSettings,
  ...redisSettings,
  ADYTON_SBT_LIBRARY: { schema: setting.path, doc: 'path of libobk.so as the Oracle server process sees it' },
  ADYTON_ORACLE_CREDENTIALS_FILE: {
    schema: setting.path,
    doc: '0600 JSON file {"user", "password"} of a password-file user with SYSBACKUP',
  },
  ADYTON_ORACLE_ETC_DIR: {
    schema: setting.path,
    default: '/etc',
    doc: 'where oratab and oracle/olr.loc lie; /var/opt/oracle on Solaris',
  },
  ADYTON_ORACLE_HOMES_BELOW: {
    schema: setting.path,
    default: '/',
    doc: 'discovery looks at instances whose ORACLE_HOME lies below this directory, and at no others',
  },
  ADYTON_PRESENCE_TTL_SECONDS: {
    schema: setting.integer(1, 600),
    default: '15',
    doc: 'how long this agent is believed to run after its last sign, seconds; three signs in that time',
  },
  ADYTON_INSTANCE_CHECK_SECONDS: {
    schema: setting.integer(1, 300),
    default: '20',
    doc: 'how long the other instances of a cluster may take to answer before a backup, seconds, one that does not is left out; three quarters of it for the channel that rman tries on any database',
  },
  ADYTON_LOST_CHANNEL_SECONDS: {
    schema: setting.integer(1, 3_600),
    default: '120',
    doc: 'how long RMAN may take to give up the channels of a lost instance before it is stopped, seconds; the other instances finish the backup',
  },
  ADYTON_RECOVERY_AREA_SECONDS: {
    schema: setting.integer(1, 86_400),
    default: '300',
    doc: 'pause between two looks at how full the recovery areas of this host are, seconds',
  },
});

export type AgentConfig = ConfigOf<typeof settings>;
