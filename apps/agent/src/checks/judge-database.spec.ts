// Each condition of database and host that a backup depends on, met and missed.
import { type RmanChannel } from '@adyton/oracle';
import { judgeChangeTracking, judgeEdition, judgeRecordKeepTime, judgeRmanJobs } from './judge-database';
import { judgeRecoveryArea, judgeSpace } from './judge-space';

const EE = 'Oracle Database 19c Enterprise Edition Release 19.0.0.0.0 - Production';
const SE = 'Oracle Database 19c Standard Edition 2 Release 19.0.0.0.0 - Production';

it.each([
  [0, null, 'failed'],
  [0, 7, 'failed'],
  [7, null, 'ok'],
  [7, 6, 'ok'],
  [7, 7, 'warning'],
  [8, 7, 'ok'],
] as const)('S4.6 a record kept %s day(s), with fulls %s day(s) apart: %s', (keep, apart, verdict) => {
  expect(judgeRecordKeepTime(keep, apart)).toMatchObject({ code: 'record-keep-time', verdict });
});

it.each([
  [null, 'ok'],
  [89, 'ok'],
  [90, 'warning'],
] as const)('S4.6 a recovery area of which %s %% is held: %s', (percent, verdict) => {
  expect(judgeRecoveryArea(percent)).toMatchObject({ code: 'recovery-area', verdict });
});

it('S4.6 warns of a state directory whose file system is nearly full', () => {
  expect(judgeSpace('/var/lib/adyton', 89)).toMatchObject({ verdict: 'ok' });
  expect(judgeSpace('/var/lib/adyton', 90)).toMatchObject({
    code: 'state-space',
    verdict: 'warning',
    evidence: '90 % of the file system of /var/lib/adyton is used',
  });
});

it('S4.6 warns of disabled block change tracking where the edition has it', () => {
  expect(judgeChangeTracking(true, EE)).toMatchObject({ verdict: 'ok' });
  expect(judgeChangeTracking(false, EE)).toMatchObject({ code: 'change-tracking', verdict: 'warning' });
  expect(judgeChangeTracking(false, SE)).toMatchObject({ verdict: 'ok' });
});

it('S4.6 tells that an edition without parallelism gets one channel', () => {
  expect(judgeEdition(EE, 4)).toMatchObject({ verdict: 'ok' });
  expect(judgeEdition(SE, 1)).toMatchObject({ verdict: 'ok' });
  expect(judgeEdition(SE, 4)).toMatchObject({
    code: 'standard-edition',
    verdict: 'warning',
    evidence: `${SE}: one channel instead of 4`,
  });
});

describe('other RMAN jobs', () => {
  const channel = (clientInfo: string, sid = 20): RmanChannel => ({
    instance: 1,
    sid,
    program: 'rman@host (TNS V1-V3)',
    clientInfo,
  });

  it('S4.6 names the channels of another RMAN and not our own', () => {
    const ours = channel('id=ady:0a1b2c3d,rman channel=c1');
    expect(judgeRmanJobs([ours])).toMatchObject({ verdict: 'ok' });
    expect(judgeRmanJobs([ours, channel('rman channel=ORA_DISK_1', 33)])).toMatchObject({
      code: 'rman-jobs',
      verdict: 'warning',
      evidence: 'rman channel=ORA_DISK_1 (rman@host (TNS V1-V3), instance 1, SID 33)',
    });
  });

  it('S4.6 names five and counts the rest', () => {
    const many = Array.from({ length: 7 }, (_, i) => channel(`rman channel=t${i}`));
    expect(judgeRmanJobs(many).evidence).toMatch(/t4 .*, and 2 more$/);
  });
});
