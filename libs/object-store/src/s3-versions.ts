// Versions of one key in a versioned bucket. Deleting without naming a version would only put a marker on top of them.
import {
  DeleteObjectCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  S3ServiceException,
  type S3Client,
} from '@aws-sdk/client-s3';

interface S3Object {
  readonly Bucket: string;
  readonly Key: string;
}

const FORBIDDEN = 403;
/** Our keys have one version, seldom a marker. */
const PAGE_VERSIONS = 100;

/** Ids of all versions and delete markers of the key, the newest first. */
export async function versionsOf(
  client: S3Client,
  { Bucket, Key }: S3Object,
  abortSignal: AbortSignal,
): Promise<string[]> {
  const ids: string[] = [];
  let from: { KeyMarker?: string; VersionIdMarker?: string } | null = {};
  while (from !== null) {
    const page = await listPage(
      client,
      { Bucket, Prefix: Key, MaxKeys: PAGE_VERSIONS, ...from },
      abortSignal,
    );
    const all = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])];
    for (const { Key: key, VersionId } of all)
      if (key === Key && VersionId !== undefined) ids.push(VersionId);
    const goesOn = page.IsTruncated === true && page.NextKeyMarker === Key; // the key itself comes before longer ones
    from = goesOn ? { KeyMarker: Key, ...versionMarker(page.NextVersionIdMarker) } : null;
  }
  return ids;
}

/** @returns `locked` when Object Lock forbids it. */
export async function deleteVersion(
  client: S3Client,
  version: S3Object & { readonly VersionId: string },
  abortSignal: AbortSignal,
): Promise<'deleted' | 'locked'> {
  try {
    await client.send(new DeleteObjectCommand(version), { abortSignal });
    return 'deleted';
  } catch (error) {
    if (!(error instanceof S3ServiceException) || error.$metadata.httpStatusCode !== FORBIDDEN) throw error;
    const facts = await client.send(new HeadObjectCommand(version), { abortSignal });
    if (facts.ObjectLockMode === undefined && facts.ObjectLockLegalHoldStatus !== 'ON') throw error;
    return 'locked';
  }
}

function listPage(
  client: S3Client,
  input: ConstructorParameters<typeof ListObjectVersionsCommand>[0],
  abortSignal: AbortSignal,
) {
  return client.send(new ListObjectVersionsCommand(input), { abortSignal });
}

function versionMarker(marker: string | undefined): { VersionIdMarker?: string } {
  return marker === undefined ? {} : { VersionIdMarker: marker };
}
