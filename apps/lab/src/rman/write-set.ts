/**
 * Makes the pieces of one backup set: as many as MAXPIECESIZE asks for, each in as many copies as are wanted. A piece is
 * opened, written, closed, and the library is asked whether it knows it; only then is it a backup. BACKUP VALIDATE takes the
 * same way without a piece.
 */
import { type BackupPiece } from '../control-file/control-file';
import { claimFault } from '../faults/rman-faults';
import { type NewRecord } from '../instance/instance-port';
import { SbtCallError } from '../sbt/sbt-call-error';
import { type ChannelContext, checkStop, dateNow, prefixed } from './channel-context';
import { type SetOptions } from './channel-protocol';
import { type PieceMedia } from './disk-media';
import { type PieceHeader } from './piece-format';
import { PieceWriter } from './piece-stream';
import { RmanError } from './rman-error';
import { backupLines, lostPiece } from './sbt-stack';

/** What fits into a piece beside its data: the header and some ends of segments. */
const SMALLEST_PIECE_BLOCKS = 2;

export interface SetRequest {
  options: SetOptions;
  unitBytes: number;
  firstPiece: number;
  /** Called when a piece begins. */
  header: (piece: number) => PieceHeader;
  name: (piece: number, copy: number) => string;
}

interface OpenPiece {
  piece: number;
  header: PieceHeader;
  handles: string[];
  startedAt: string;
  writer: PieceWriter;
  media: PieceMedia[];
}

/** Answers the records of all pieces and copies. Throws RmanError with the whole Oracle stack; nothing of the set is left. */
export async function writeSet(
  context: ChannelContext,
  request: SetRequest,
  body: (set: SetWriter) => Promise<void>,
): Promise<NewRecord<BackupPiece>[]> {
  const set = new SetWriter(context, request);
  try {
    await set.begin();
    await body(set);
    await set.finish();
    return set.pieces;
  } catch (error) {
    throw set.giveUp(error);
  }
}

export class SetWriter {
  readonly pieces: NewRecord<BackupPiece>[] = [];
  private open: OpenPiece | undefined;
  private number: number;
  /** The piece the last failure belongs to. */
  private place = { handle: '', blocks: 0 };

  constructor(
    private readonly context: ChannelContext,
    private readonly request: SetRequest,
  ) {
    this.number = request.firstPiece - 1;
  }

  /** Whether `bytes` more make the piece larger than MAXPIECESIZE. */
  isFull(bytes: number): boolean {
    const { settings, blockBytes } = this.context;
    if (settings.maxPieceBytes === null || this.open === undefined) return false;
    const limit = Math.max(settings.maxPieceBytes, SMALLEST_PIECE_BLOCKS * blockBytes);
    return this.open.writer.sizeWith(bytes) > limit;
  }

  async begin(): Promise<void> {
    this.number++;
    const { options, header, name } = this.request;
    if (options.validate) return;
    const { context } = this;
    const described = header(this.number);
    const copies = Array.from({ length: options.copies }, (_, i) => i + 1);
    const handles = copies.map((copy) => name(this.number, copy));
    context.say([prefixed(context, `starting piece ${this.number} at ${dateNow(context)}`)]);
    const media: PieceMedia[] = [];
    const { blockBytes } = context;
    const { unitBytes } = this.request;
    const onBlock = () => {
      context.count(0, blockBytes * media.length);
      checkStop(context);
    };
    const writer = new PieceWriter(media, { blockBytes, unitBytes, onBlock });
    const startedAt = context.now().toISOString();
    this.open = { piece: this.number, header: described, handles, startedAt, writer, media };
    for (const [i, handle] of handles.entries()) {
      this.place = { handle, blocks: 0 };
      const medium = context.mediaOf(i + 1);
      medium.backup(handle, { dbName: described.dbName, dbid: described.dbid, blockBytes, copy: i + 1 });
      media.push(medium);
    }
    await writer.begin(described);
  }

  async write(units: Buffer): Promise<void> {
    if (this.open === undefined) checkStop(this.context);
    await this.open?.writer.write(units);
  }

  async endSegment(blocks: number, to: number): Promise<void> {
    await this.open?.writer.endSegment(blocks, to);
  }

  async switchTo(segment: number): Promise<void> {
    await this.open?.writer.switchTo(segment);
  }

  /** Ends the piece. Throws RmanError when the library does not know it afterwards. */
  async finish(): Promise<void> {
    const open = this.open;
    if (open === undefined) return;
    const bytes = await open.writer.finish();
    while (open.media.length > 0) {
      this.place = { handle: open.handles[open.handles.length - open.media.length] ?? '', blocks: 0 };
      // Taken off first: a piece whose close failed needs no abort.
      open.media.shift()?.close();
    }
    this.open = undefined;
    for (const [i, handle] of open.handles.entries()) this.note(open, { handle, copy: i + 1, bytes });
  }

  private note(
    { piece, header, startedAt }: OpenPiece,
    { handle, copy, bytes }: { handle: string; copy: number; bytes: number },
  ): void {
    const { context } = this;
    const { tag, copies } = this.request.options;
    const { media, comments } = findPiece(context, handle);
    const comment = commentOf(context);
    const ofCopies = copies > 1 ? ` with ${copies} copies` : '';
    context.say([
      ...(copy === 1 ? [prefixed(context, `finished piece ${piece} at ${dateNow(context)}${ofCopies}`)] : []),
      `piece handle=${handle}${tag === null ? '' : ` tag=${tag}`} comment=${comment}`,
    ]);
    const { setStamp, setCount } = header.records.set;
    this.pieces.push({
      setStamp,
      setCount,
      piece,
      copy,
      handle,
      tag,
      media,
      comments: comments ?? (context.library === null ? null : comment),
      bytes,
      status: 'A',
      deviceType: context.device,
      startedAt,
      completedAt: context.now().toISOString(),
    });
  }

  /** Drops the open piece and the finished ones of this set; answers the error with Oracle's lines around it. */
  giveUp(error: unknown): RmanError {
    const blocks = this.open?.writer.blocksWritten ?? 0;
    const handle = this.place.handle;
    for (const media of this.open?.media ?? []) {
      quietly(() => {
        media.close({ abort: true });
      });
    }
    const finished = this.pieces.map((piece) => piece.handle);
    if (finished.length > 0) {
      quietly(() => {
        this.context.media.remove(finished);
      });
    }
    return new RmanError(backupLines(error, handle, blocks));
  }
}

function commentOf({ library }: ChannelContext): string {
  if (library === null) return 'NONE';
  const { apiVersion, version } = library;
  return `API Version ${apiVersion.major}.${apiVersion.minor},MMS Version ${version.join('.')}`;
}

/** What the library answers to being told of a failure changes nothing any more. */
function quietly(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof SbtCallError) && !(error instanceof RmanError)) throw error;
  }
}

function findPiece(
  context: ChannelContext,
  handle: string,
): { media: string | null; comments: string | null } {
  try {
    const [info] = context.media.info([handle]);
    const isHidden = claimFault(context.base, 'sbt-not-found', { channel: context.name, subject: handle });
    if (info?.found !== true || isHidden !== undefined) throw lostPiece(handle);
    return { media: info.label, comments: info.comment };
  } catch (error) {
    throw error instanceof RmanError ? error : new RmanError(backupLines(error, handle, 0));
  }
}
