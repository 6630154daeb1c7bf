// S3 and what is compatible with it. Objects are single PUTs of known length with If-None-Match; the SDK's own retries are off (ours are
// wrappers), and every request has our own time-out, because a full store may hang instead of answering.
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  PutObjectRetentionCommand,
  S3Client,
  S3ServiceException,
  type ListObjectsV2CommandOutput,
} from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import {
  assertKey,
  type CreateOutcome,
  type GetOptions,
  type ObjectFacts,
  type ObjectStore,
  type RequestOptions,
  type StoredObject,
} from './object-store';
import { ObjectStoreError, type ObjectStoreErrorKind } from './object-store-error';
import { deleteVersion, versionsOf } from './s3-versions';

export interface S3StoreConfig {
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  /** Put before every key, without a slash at its end. */
  readonly prefix?: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** `http://host/bucket/key` instead of `http://bucket.host/key`; most compatible stores want it, hence the default. */
  readonly forcePathStyle?: boolean;
  /** Makes the bucket when it is missing. */
  readonly createBucket?: boolean;
  /** Set where the bucket has Object Lock; a bucket that is made gets it. Governance lets those with a special right undo a lock. */
  readonly objectLock?: { readonly mode: 'governance' | 'compliance' };
  /** Bound of one request, ms. */
  readonly requestTimeoutMs?: number;
}

/** 32 MiB at 1 MiB/s and some: a slower path cannot carry backups. */
const REQUEST_TIMEOUT_MS = 60_000;
const CONNECT_TIMEOUT_MS = 5_000;
/** Sockets to one store; more than the requests a worker keeps in flight. */
const SOCKETS_MAX = 32;
const LIST_PAGE_KEYS = 1000;

const HTTP_KINDS: Record<number, ObjectStoreErrorKind> = {
  401: 'denied',
  403: 'denied',
  416: 'out-of-range',
  501: 'not-supported',
  507: 'full',
};
const NAME_KINDS: Record<string, ObjectStoreErrorKind> = {
  NoSuchBucket: 'no-bucket',
  QuotaExceeded: 'full',
  StorageFull: 'full',
  XMinioStorageFull: 'full',
  InsufficientCapacity: 'full',
  NotImplemented: 'not-supported',
  InvalidAccessKeyId: 'denied',
  SignatureDoesNotMatch: 'denied',
  TimeoutError: 'timeout',
  AbortError: 'timeout',
};

export class S3Store implements ObjectStore {
  readonly name: string;
  readonly lock?: NonNullable<ObjectStore['lock']>;
  private readonly client: S3Client;
  private readonly prefix: string;
  private versioned: Promise<boolean> | undefined;

  private constructor(private readonly config: S3StoreConfig) {
    this.name = `s3 bucket ${config.bucket} at ${config.endpoint}`;
    this.prefix = config.prefix === undefined || config.prefix === '' ? '' : `${config.prefix}/`;
    this.client = clientOf(config);
    const { objectLock } = config;
    if (objectLock !== undefined) this.lock = (key, until, o) => this.retain(objectLock.mode, key, until, o);
  }

  /** @throws ObjectStoreError when the bucket cannot be used. */
  static async open(config: S3StoreConfig): Promise<S3Store> {
    const store = new S3Store(config);
    await store.useBucket();
    return store;
  }

  async create(key: string, bytes: Uint8Array, options: RequestOptions = {}): Promise<CreateOutcome> {
    assertKey(key);
    const command = new PutObjectCommand({
      Bucket: this.config.bucket,
      Key: this.prefix + key,
      Body: bytes,
      ContentLength: bytes.length,
      IfNoneMatch: '*',
    });
    try {
      await this.client.send(command, { abortSignal: this.deadline(options) });
      return 'created';
    } catch (error) {
      if (statusOf(error) === 412) return 'exists';
      throw this.inOurTerms(error, `cannot create ${key}`);
    }
  }

  async get(key: string, options: GetOptions = {}): Promise<Uint8Array | null> {
    assertKey(key);
    if (options.length === 0) return (await this.head(key, options)) === null ? null : new Uint8Array(0);
    const command = new GetObjectCommand({
      Bucket: this.config.bucket,
      Key: this.prefix + key,
      ...rangeHeader(options),
    });
    try {
      const reply = await this.client.send(command, { abortSignal: this.deadline(options) });
      const bytes = (await reply.Body?.transformToByteArray()) ?? new Uint8Array(0);
      this.assertWhole(key, bytes.length, reply.ContentLength, options.length);
      return bytes;
    } catch (error) {
      if (isNoSuchKey(error)) return null;
      throw this.inOurTerms(error, `cannot read ${key}`);
    }
  }

  async head(key: string, options: RequestOptions = {}): Promise<ObjectFacts | null> {
    assertKey(key);
    const command = new HeadObjectCommand({ Bucket: this.config.bucket, Key: this.prefix + key });
    try {
      const reply = await this.client.send(command, { abortSignal: this.deadline(options) });
      const lockedUntil = reply.ObjectLockRetainUntilDate;
      return { bytes: reply.ContentLength ?? 0, ...(lockedUntil === undefined ? {} : { lockedUntil }) };
    } catch (error) {
      if (statusOf(error) === 404) return null;
      throw this.inOurTerms(error, `cannot look at ${key}`);
    }
  }

  async *list(prefix: string, options: RequestOptions = {}): AsyncIterable<StoredObject> {
    let token: string | undefined;
    do {
      const page = await this.listPage(prefix, token, options);
      for (const object of page.Contents ?? []) {
        if (object.Key !== undefined)
          yield { key: object.Key.slice(this.prefix.length), bytes: object.Size ?? 0 };
      }
      token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
  }

  async delete(key: string, options: RequestOptions = {}): Promise<void> {
    assertKey(key);
    const object = { Bucket: this.config.bucket, Key: this.prefix + key };
    try {
      if (await this.isVersioned(options)) await this.deleteVersions(object, options);
      else await this.client.send(new DeleteObjectCommand(object), { abortSignal: this.deadline(options) });
    } catch (error) {
      if (!isNoSuchKey(error)) throw this.inOurTerms(error, `cannot delete ${key}`);
    }
  }

  async clock(options: RequestOptions = {}): Promise<Date> {
    const command = new HeadBucketCommand({ Bucket: this.config.bucket });
    let said: string | undefined;
    command.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args);
        said = dateHeaderOf(result.response);
        return result;
      },
      // next to the wire: a refusal has the header too, and becomes an error further up
      { step: 'deserialize', priority: 'low', name: 'read-date' },
    );
    try {
      await this.client.send(command, { abortSignal: this.deadline(options) });
    } catch (error) {
      if (said === undefined) throw this.inOurTerms(error, 'cannot ask for the time');
    }
    const time = new Date(said ?? '');
    if (Number.isNaN(time.getTime()))
      throw new ObjectStoreError('corrupt-reply', this.name, 'the answer has no date');
    return time;
  }

  private async deleteVersions(
    object: { readonly Bucket: string; readonly Key: string },
    options: RequestOptions,
  ): Promise<void> {
    for (const VersionId of await versionsOf(this.client, object, this.deadline(options))) {
      const outcome = await deleteVersion(this.client, { ...object, VersionId }, this.deadline(options));
      if (outcome === 'locked')
        throw new ObjectStoreError('locked', this.name, `${object.Key} is under Object Lock`);
    }
  }

  /** Whether deleting leaves versions. A store that does not know the question has none. */
  private isVersioned(options: RequestOptions): Promise<boolean> {
    this.versioned ??= this.askVersioning(options).catch((error: unknown) => {
      this.versioned = undefined;
      throw error;
    });
    return this.versioned;
  }

  private async askVersioning(options: RequestOptions): Promise<boolean> {
    const command = new GetBucketVersioningCommand({ Bucket: this.config.bucket });
    try {
      return (await this.client.send(command, { abortSignal: this.deadline(options) })).Status !== undefined;
    } catch (error) {
      if (this.inOurTerms(error, '').kind === 'not-supported') return false;
      throw error;
    }
  }

  private async retain(
    mode: 'governance' | 'compliance',
    key: string,
    until: Date,
    options: RequestOptions = {},
  ): Promise<void> {
    assertKey(key);
    const command = new PutObjectRetentionCommand({
      Bucket: this.config.bucket,
      Key: this.prefix + key,
      Retention: { Mode: mode === 'compliance' ? 'COMPLIANCE' : 'GOVERNANCE', RetainUntilDate: until },
    });
    try {
      await this.client.send(command, { abortSignal: this.deadline(options) });
    } catch (error) {
      const { lockedUntil } = (await this.head(key, options)) ?? {};
      if (lockedUntil !== undefined && lockedUntil >= until) return; // no store lets a lock be shortened, and none need be
      throw this.inOurTerms(error, `cannot lock ${key}`);
    }
  }

  private async listPage(
    prefix: string,
    token: string | undefined,
    options: RequestOptions,
  ): Promise<ListObjectsV2CommandOutput> {
    const command = new ListObjectsV2Command({
      Bucket: this.config.bucket,
      Prefix: this.prefix + prefix,
      MaxKeys: LIST_PAGE_KEYS,
      ContinuationToken: token,
    });
    try {
      return await this.client.send(command, { abortSignal: this.deadline(options) });
    } catch (error) {
      throw this.inOurTerms(error, `cannot list ${prefix}`);
    }
  }

  private async useBucket(): Promise<void> {
    const input = { Bucket: this.config.bucket };
    try {
      await this.client.send(new HeadBucketCommand(input), { abortSignal: this.deadline({}) });
    } catch (error) {
      if (statusOf(error) !== 404) throw this.inOurTerms(error, 'cannot use the bucket');
      if (this.config.createBucket !== true)
        throw new ObjectStoreError('no-bucket', this.name, 'there is no such bucket', { cause: error });
      await this.makeBucket();
    }
  }

  private async makeBucket(): Promise<void> {
    try {
      const input = {
        Bucket: this.config.bucket,
        ...(this.config.objectLock === undefined ? {} : { ObjectLockEnabledForBucket: true }),
      };
      await this.client.send(new CreateBucketCommand(input), { abortSignal: this.deadline({}) });
    } catch (error) {
      if (statusOf(error) !== 409) throw this.inOurTerms(error, 'cannot create the bucket'); // 409: somebody else just made it
    }
  }

  /** Fewer bytes than announced were lost on the way; fewer than asked for are all that the object has. */
  private assertWhole(
    key: string,
    came: number,
    announced: number | undefined,
    asked: number | undefined,
  ): void {
    if (announced !== undefined && came !== announced)
      throw new ObjectStoreError(
        'corrupt-reply',
        this.name,
        `${key}: ${came} bytes came, ${announced} were announced`,
      );
    if (asked !== undefined && came !== asked)
      throw new ObjectStoreError(
        'out-of-range',
        this.name,
        `${key}: ${came} bytes came, ${asked} were asked`,
      );
  }

  private deadline({ signal }: RequestOptions): AbortSignal {
    const timeout = AbortSignal.timeout(this.config.requestTimeoutMs ?? REQUEST_TIMEOUT_MS);
    return signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
  }

  private inOurTerms(error: unknown, what: string): ObjectStoreError {
    if (error instanceof ObjectStoreError) return error;
    const name = error instanceof Error ? error.name : '';
    const status = statusOf(error);
    const kind =
      NAME_KINDS[name] ?? (status === undefined ? 'unavailable' : (HTTP_KINDS[status] ?? 'unavailable'));
    const detail = `${what}: ${[status, name, error instanceof Error ? error.message : ''].filter((part) => part !== undefined && part !== '').join(' ')}`;
    return new ObjectStoreError(kind, this.name, detail, { cause: error });
  }
}

function clientOf(config: S3StoreConfig): S3Client {
  const agentOptions = { keepAlive: true, maxSockets: SOCKETS_MAX };
  return new S3Client({
    endpoint: config.endpoint,
    region: config.region,
    credentials: { accessKeyId: config.accessKeyId, secretAccessKey: config.secretAccessKey },
    forcePathStyle: config.forcePathStyle ?? true,
    maxAttempts: 1,
    // Not every compatible store takes the checksums that newer clients send unasked; our objects carry their own hashes.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: new NodeHttpHandler({
      connectionTimeout: CONNECT_TIMEOUT_MS,
      httpAgent: new HttpAgent(agentOptions),
      httpsAgent: new HttpsAgent(agentOptions),
    }),
  });
}

function rangeHeader({ offset = 0, length }: GetOptions): { Range: string } | object {
  if (offset === 0 && length === undefined) return {};
  return { Range: `bytes=${offset}-${length === undefined ? '' : offset + length - 1}` };
}

function dateHeaderOf(response: unknown): string | undefined {
  if (typeof response !== 'object' || response === null || !('headers' in response)) return undefined;
  return (response.headers as Readonly<Record<string, string>>)['date'];
}

function statusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
}

/** Only the store's own word for a missing key; a missing bucket is another matter. */
function isNoSuchKey(error: unknown): boolean {
  return error instanceof S3ServiceException && error.name === 'NoSuchKey';
}
