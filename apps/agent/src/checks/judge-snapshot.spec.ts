// How the host's table of mounts tells whether a snapshot of the control file lies on shared storage.
import { kindOfMount } from './look-at-host';
import { judgeSnapshot, type SnapshotFacts } from './judge-snapshot';

const facts = (path: string | null, kind: string | null): SnapshotFacts => ({
  settings: path === null ? [] : [{ name: 'SNAPSHOT CONTROLFILE NAME', value: `TO '${path}'` }],
  oracleHome: '/u01/home',
  oracleSid: 'ORCL1',
  sharedPaths: ['/u02/oradata/orcl/control01.ctl', '/u03/fra'],
  fileSystemOf: async () => kind,
});

it.each([
  [null, 'xfs', 'failed', '/u01/home/dbs/snapcf_ORCL1.f, the default: on xfs, which other nodes do not see'],
  ['?/dbs/snap.f', 'ext4', 'failed', '/u01/home/dbs/snap.f: on ext4, which other nodes do not see'],
  ['+RECO/snapcf.f', null, 'ok', '+RECO/snapcf.f: a disk group'],
  ['/u02/oradata/orcl/snapcf.f', 'xfs', 'ok', 'beside /u02/oradata/orcl/control01.ctl'],
  ['/u03/fra/snapcf.f', 'xfs', 'ok', 'beside /u03/fra'],
  ['/u03/fra2/snapcf.f', 'xfs', 'failed', 'on xfs'],
  ['/nfs/snapcf.f', 'nfs4', 'ok', 'on nfs4'],
  ['/odd/snapcf.f', 'vxfs', 'warning', 'nobody knows whether vxfs is shared'],
  ['/odd/snapcf.f', null, 'warning', 'nobody knows whether its file system is shared'],
])('S4.6 a snapshot control file %s on %s: %s', async (path, kind, verdict, evidence) => {
  const check = await judgeSnapshot(facts(path, kind));
  expect(check).toMatchObject({ code: 'snapshot-control-file', verdict });
  expect(check.evidence).toContain(evidence);
});

it('takes the kind of the innermost mount', () => {
  const mounts = '/dev/a / ext4 rw 0 0\nserver:/x /u02 nfs4 rw 0 0\n/dev/b /u02/local xfs rw 0 0\n';
  expect(kindOfMount(mounts, '/u01/home/dbs/f')).toBe('ext4');
  expect(kindOfMount(mounts, '/u02/oradata/f')).toBe('nfs4');
  expect(kindOfMount(mounts, '/u02/local/f')).toBe('xfs');
  expect(kindOfMount(mounts, '/u02b/f')).toBe('ext4');
});
