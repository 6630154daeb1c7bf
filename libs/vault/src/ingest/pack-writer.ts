// Packs of one kind of one piece: chunks are sealed into the open pack; a sealed pack is uploaded while the next is filled.
import { randomBytes } from 'node:crypto';
import { FACT_FIELDS, SALT_BYTES } from '../compute/chunk-operations';
import { OpenPack, type PackKind, type PackRef } from '../format/pack';
import { type IngestContext } from './ingest-context';
import { type PieceChunks } from './piece-chunks';

/** Chunks to be sealed: where they lie in `bytes`, their ids, their rows. */
export interface FreshChunks {
  readonly cuts: readonly number[];
  readonly ids: readonly Uint8Array[];
  readonly rows: readonly number[];
}

export interface PackWriterOptions {
  readonly kind: PackKind;
  /** From here on the pack is full. */
  readonly bytesMax: number;
  /** From this age on it counts as full. */
  readonly ageMsMax: number;
  /** Ends uploads under way. */
  readonly stopped: AbortSignal;
  /** Shared memory. */
  takeBuffer(): Promise<Buffer> | Buffer;
  giveBackBuffer(buffer: Buffer): void;
  /** Chunks that are durable now. */
  onDurable(rows: readonly number[], pack: PackRef): void;
  onFailure(error: unknown): void;
}

interface Filling {
  readonly open: OpenPack;
  readonly buffer: Buffer;
  readonly rows: number[];
  readonly begunMs: number;
}

export class PackWriter {
  private filling: Filling | null = null;
  private readonly uploads: Promise<void>[] = [];
  private stored = 0;

  constructor(
    private readonly context: IngestContext,
    private readonly chunks: PieceChunks,
    private readonly options: PackWriterOptions,
  ) {}

  /** Bytes of the packs sealed so far. */
  get bytesStored(): number {
    return this.stored;
  }

  get isFull(): boolean {
    if (this.filling === null) return false;
    const ageMs = this.context.now().getTime() - this.filling.begunMs;
    return this.filling.open.bytes >= this.options.bytesMax || ageMs >= this.options.ageMsMax;
  }

  /** @param bytes shared memory where a thread does the work; the caller's again when the promise settles */
  async add(bytes: Uint8Array, fresh: FreshChunks): Promise<void> {
    if (fresh.rows.length === 0) return;
    const { open, rows } = (this.filling ??= await this.begin());
    const cuts = Uint32Array.from(fresh.cuts);
    const ids = Buffer.concat(fresh.ids);
    const firstOrdinal = open.nextOrdinal;
    const sealed = await this.context.compute.seal({
      ...open.context,
      bytes,
      cuts,
      ids,
      firstOrdinal,
      into: open.room,
    });
    const offsets = open.add(sealed, cuts, ids);
    fresh.rows.forEach((row, i) => {
      const [clen = 0, compression = 0] = sealed.facts.subarray(i * FACT_FIELDS, (i + 1) * FACT_FIELDS);
      this.chunks.locate(row, { ordinal: firstOrdinal + i, offset: offsets[i] ?? 0, clen, compression });
      rows.push(row);
    });
  }

  /** Ends the open pack and starts its upload; the chunks in it learn where they are. */
  async seal(): Promise<void> {
    const sealing = this.filling;
    if (sealing === null) return;
    const bytes = sealing.open.seal();
    const pack = sealing.open.ref(await this.context.compute.name(bytes));
    this.filling = null;
    this.stored += bytes.length;
    this.chunks.settle(sealing.rows, pack);
    const upload = this.upload(sealing, bytes, pack);
    upload.catch((error: unknown) => this.options.onFailure(error));
    this.uploads.push(upload);
  }

  /** Every sealed pack is durable. */
  async uploaded(): Promise<void> {
    await Promise.all(this.uploads);
  }

  /** Waits for what is under way and throws the open pack away. */
  async abort(): Promise<void> {
    await Promise.allSettled(this.uploads);
    if (this.filling !== null) this.options.giveBackBuffer(this.filling.buffer);
    this.filling = null;
  }

  private async begin(): Promise<Filling> {
    const buffer = await this.options.takeBuffer();
    const { keys, vaultId, sid } = this.context;
    const context = { encKey: keys.encKey, vaultId, packSalt: randomBytes(SALT_BYTES) };
    return {
      buffer,
      open: new OpenPack(buffer, context, sid, this.options.kind),
      rows: [],
      begunMs: this.context.now().getTime(),
    };
  }

  private async upload({ buffer, rows }: Filling, bytes: Buffer, pack: PackRef): Promise<void> {
    try {
      await this.context.uploadPack(pack, bytes, this.options.stopped);
    } finally {
      this.options.giveBackBuffer(buffer);
    }
    this.options.onDurable(rows, pack);
  }
}
