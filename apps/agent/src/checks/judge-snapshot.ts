// On a cluster RMAN's snapshot of the control file must lie where every instance sees it, or the backup of the control file ends with
// ORA-00245, after all data files were read.
import { type RmanSetting } from '@adyton/oracle';
import { dirname, join } from 'node:path';
import { checkThat, judged, type Check } from './check-that';

export interface SnapshotFacts {
  readonly settings: readonly RmanSetting[];
  readonly oracleHome: string;
  readonly oracleSid: string;
  /** Paths of control files and recovery area. */
  readonly sharedPaths: readonly string[];
  /** Kind of the file system a path lies on, as the host names it; null when it cannot be told. */
  readonly fileSystemOf: (path: string) => Promise<string | null>;
}

const SHARED_KINDS = /^(nfs4?|ocfs2|acfs|gfs2|gpfs|lustre|ceph|cifs|smb3|beegfs|glusterfs|fuse\.glusterfs)$/;
const LOCAL_KINDS = /^(ext[234]|xfs|btrfs|zfs|overlay|tmpfs|reiserfs|jfs|ufs)$/;

export async function judgeSnapshot(facts: SnapshotFacts): Promise<Check> {
  const code = 'snapshot-control-file';
  const { path, isConfigured } = snapshotPath(facts);
  const named = `${path}${isConfigured ? '' : ', the default'}`;
  if (path.startsWith('+')) return checkThat(code, true, `${named}: a disk group`);
  const beside = facts.sharedPaths.find((shared) => isBelow(path, directoryOf(shared)));
  if (beside !== undefined) return checkThat(code, true, `${named}: beside ${beside}`);
  const kind = await facts.fileSystemOf(path);
  if (kind !== null && SHARED_KINDS.test(kind)) return checkThat(code, true, `${named}: on ${kind}`);
  if (kind !== null && LOCAL_KINDS.test(kind))
    return checkThat(code, false, `${named}: on ${kind}, which other nodes do not see`);
  return judged(code, 'warning', `${named}: nobody knows whether ${kind ?? 'its file system'} is shared`);
}

function snapshotPath({ settings, oracleHome, oracleSid }: SnapshotFacts): {
  readonly path: string;
  readonly isConfigured: boolean;
} {
  const value = settings.find(({ name }) => name === 'SNAPSHOT CONTROLFILE NAME')?.value ?? '';
  const configured = /'([^']+)'/.exec(value)?.[1];
  if (configured === undefined)
    return { path: join(oracleHome, 'dbs', `snapcf_${oracleSid}.f`), isConfigured: false };
  return { path: configured.replace(/^\?(?=\/)/, oracleHome), isConfigured: true };
}

/** Control files are files, the recovery area is a directory; of a file with no extension nobody can tell, and its parent is as shared. */
function directoryOf(path: string): string {
  return /\.[^/.]+$/.test(path) ? dirname(path) : path;
}

function isBelow(path: string, directory: string): boolean {
  return directory !== '/' && path.startsWith(directory.endsWith('/') ? directory : `${directory}/`);
}
