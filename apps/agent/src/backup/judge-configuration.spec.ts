// Each CONFIGURE that would change a backup, with what overrules it, and those that change none.
import { judgeConfiguration } from './judge-configuration';

const DEVICE = "'SBT_TAPE'";

it.each([
  ['BACKUP OPTIMIZATION', 'ON', 'BACKUP FORCE'],
  ['EXCLUDE FOR TABLESPACE', "'USERS'", 'each data file by its number'],
  ['DATAFILE BACKUP COPIES FOR DEVICE TYPE', `${DEVICE} TO 2`, 'SET BACKUP COPIES = 1'],
  ['ARCHIVELOG BACKUP COPIES FOR DEVICE TYPE', `${DEVICE} TO 3`, 'SET BACKUP COPIES = 1'],
  ['DEVICE TYPE', `${DEVICE} BACKUP TYPE TO COMPRESSED BACKUPSET`, 'AS BACKUPSET'],
  [
    'DEVICE TYPE',
    `${DEVICE} PARALLELISM 2 BACKUP TYPE TO COMPRESSED BACKUPSET`,
    'AS BACKUPSET, ALLOCATE CHANNEL',
  ],
  ['ENCRYPTION FOR DATABASE', 'ON', 'SET ENCRYPTION OFF FOR ALL TABLESPACES'],
  ['ENCRYPTION FOR TABLESPACE', "'USERS' ON", 'SET ENCRYPTION OFF FOR ALL TABLESPACES'],
  ['CONTROLFILE AUTOBACKUP', 'ON', 'SET CONTROLFILE AUTOBACKUP FORMAT'],
  ['MAXSETSIZE', 'TO 10 M', 'BACKUP MAXSETSIZE'],
])('S4.10 names CONFIGURE %s %s and what overrules it', (name, value, overruledBy) => {
  const check = judgeConfiguration([{ name, value }]);
  expect(check).toMatchObject({ code: 'rman-configuration', verdict: 'warning' });
  expect(check.evidence).toContain(`CONFIGURE ${name} ${value} (${overruledBy}`);
});

it.each([
  ['BACKUP OPTIMIZATION', 'OFF'],
  ['DATAFILE BACKUP COPIES FOR DEVICE TYPE', `${DEVICE} TO 1`],
  ['DEVICE TYPE', `${DEVICE} BACKUP TYPE TO BACKUPSET`],
  ['ENCRYPTION FOR TABLESPACE', "'USERS' OFF"],
  ['CONTROLFILE AUTOBACKUP', 'OFF'],
  ['MAXSETSIZE', 'TO UNLIMITED'],
  ['DEVICE TYPE', 'DISK BACKUP TYPE TO COPY PARALLELISM 2'],
  ['RETENTION POLICY', 'TO RECOVERY WINDOW OF 7 DAYS'],
  ['SNAPSHOT CONTROLFILE NAME', "TO '/u01/snapcf.f'"],
])('S4.10 says nothing of CONFIGURE %s %s, which changes no backup of ours', (name, value) => {
  expect(judgeConfiguration([{ name, value }])).toMatchObject({ verdict: 'ok' });
});

it('S4.10 names a configured channel without its PARMS', () => {
  const { evidence } = judgeConfiguration([{ name: 'CHANNEL', value: null }]);
  expect(evidence).toContain('CONFIGURE CHANNEL … (ALLOCATE CHANNEL)');
});
