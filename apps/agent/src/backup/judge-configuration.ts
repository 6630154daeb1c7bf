// What a DBA configured in RMAN that would change a backup, and what of our scripts stands against it (docs/formats/rman-scripts.md).
import { type RmanSetting } from '@adyton/oracle';
import { checkThat, type Check } from '../checks/check-that';

interface Interference {
  /** Of `v$rman_configuration`: the name alone, and the value where only some are of concern. */
  readonly name: RegExp;
  readonly value?: RegExp;
  /** The words in our scripts that overrule it. */
  readonly overruledBy: string;
}

/** Settings of the disk reach no channel of ours. */
const INTERFERENCES: readonly Interference[] = [
  { name: /^BACKUP OPTIMIZATION$/, value: /^ON$/i, overruledBy: 'BACKUP FORCE' },
  { name: /^EXCLUDE FOR TABLESPACE$/, overruledBy: 'each data file by its number' },
  {
    name: /^(DATAFILE|ARCHIVELOG) BACKUP COPIES/,
    value: /^(?!'?DISK).*\bTO [2-4]$/i,
    overruledBy: 'SET BACKUP COPIES = 1',
  },
  { name: /^DEVICE TYPE$/, value: /^(?!'?DISK).*\b(COPY|COMPRESSED)\b/i, overruledBy: 'AS BACKUPSET' },
  { name: /^DEVICE TYPE$/, value: /^(?!'?DISK).*\bPARALLELISM\b/i, overruledBy: 'ALLOCATE CHANNEL' },
  { name: /^DEFAULT DEVICE TYPE/, overruledBy: 'ALLOCATE CHANNEL' },
  { name: /^CHANNEL$/, overruledBy: 'ALLOCATE CHANNEL' },
  { name: /^ENCRYPTION FOR/, value: /\bON$/i, overruledBy: 'SET ENCRYPTION OFF FOR ALL TABLESPACES' },
  { name: /^MAXSETSIZE$/, value: /\d/, overruledBy: 'BACKUP MAXSETSIZE' },
  {
    name: /^CONTROLFILE AUTOBACKUP$/,
    value: /^ON$/i,
    overruledBy: 'SET CONTROLFILE AUTOBACKUP FORMAT: it is made, under a name of ours',
  },
  { name: /^CONTROLFILE AUTOBACKUP FORMAT/, overruledBy: 'SET CONTROLFILE AUTOBACKUP FORMAT' },
];

export function judgeConfiguration(settings: readonly RmanSetting[]): Check {
  const overruled = settings.flatMap((setting) => {
    const found = INTERFERENCES.filter((one) => interferes(one, setting));
    return found.length === 0 ? [] : [`${written(setting)} (${found.map((f) => f.overruledBy).join(', ')})`];
  });
  return checkThat(
    'rman-configuration',
    overruled.length === 0,
    overruled.length === 0
      ? 'nothing is configured that would change a backup of ours'
      : `overruled by our scripts: ${overruled.join('; ')}`,
  );
}

function interferes({ name, value }: Interference, setting: RmanSetting): boolean {
  return name.test(setting.name) && (value === undefined || value.test(setting.value ?? ''));
}

function written({ name, value }: RmanSetting): string {
  return `CONFIGURE ${name}${value === null ? ' …' : ` ${value}`}`;
}
