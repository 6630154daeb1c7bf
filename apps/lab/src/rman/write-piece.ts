/** Makes one piece: open, write, close, and ask the library whether it knows the piece. Only then is it a backup. */
import { type BackupPiece } from '../control-file/control-file';
import { type NewRecord } from '../instance/instance-port';
import { SbtCallError } from '../sbt/media-channel';
import { type ChannelContext, checkStop, dateNow, prefixed } from './channel-context';
import { type PieceHeader } from './piece-format';
import { PieceWriter } from './piece-stream';
import { RmanError } from './rman-error';
import { backupLines, lostPiece } from './sbt-stack';

export interface PieceRequest {
  handle: string;
  tag: string | null;
  unitBytes: number;
  header: PieceHeader;
  /** Writes all segments. */
  body: (writer: PieceWriter) => Promise<void>;
}

/** Throws RmanError with the whole Oracle stack; the library was told to throw the piece away then. */
export async function writePiece(
  context: ChannelContext,
  request: PieceRequest,
): Promise<NewRecord<BackupPiece>> {
  const { handle, tag, header } = request;
  const { piece } = header;
  const startedAt = context.now().toISOString();
  context.say([prefixed(context, `starting piece ${piece} at ${dateNow(context)}`)]);
  const bytes = await sendPiece(context, request);
  const { media, comments } = findPiece(context, handle);
  const { apiVersion, version } = context.library;
  const comment = `API Version ${apiVersion.major}.${apiVersion.minor},MMS Version ${version.join('.')}`;
  context.say([
    prefixed(context, `finished piece ${piece} at ${dateNow(context)}`),
    `piece handle=${handle}${tag === null ? '' : ` tag=${tag}`} comment=${comment}`,
  ]);
  const { setStamp, setCount } = header.records.set;
  return {
    setStamp,
    setCount,
    piece,
    copy: 1,
    handle,
    tag,
    media,
    comments: comments ?? comment,
    bytes,
    status: 'A',
    deviceType: 'SBT_TAPE',
    startedAt,
    completedAt: context.now().toISOString(),
  };
}

async function sendPiece(context: ChannelContext, request: PieceRequest): Promise<number> {
  const { handle, unitBytes, header } = request;
  const { media, blockBytes } = context;
  const onBlock = () => {
    context.count(0, blockBytes);
    checkStop(context);
  };
  const writer = new PieceWriter(media, { blockBytes, unitBytes, onBlock });
  let opened = false;
  try {
    media.backup(handle, { dbName: header.dbName, dbid: header.dbid, blockBytes, copy: 1 });
    opened = true;
    await writer.begin(header);
    await request.body(writer);
    const bytes = await writer.finish();
    media.close();
    return bytes;
  } catch (error) {
    const isClose = error instanceof SbtCallError && error.call === 'close2';
    if (opened && !isClose) abandon(context);
    throw new RmanError(backupLines(error, handle, writer.blocksWritten));
  }
}

/** Tells the library to drop the open piece; what it answers changes nothing any more. */
function abandon(context: ChannelContext): void {
  try {
    context.media.close({ abort: true });
  } catch (error) {
    if (!(error instanceof SbtCallError)) throw error;
  }
}

function findPiece(
  context: ChannelContext,
  handle: string,
): { media: string | null; comments: string | null } {
  try {
    const [info] = context.media.info([handle]);
    if (info?.found !== true) throw lostPiece(handle);
    return { media: info.label, comments: info.comment };
  } catch (error) {
    throw error instanceof RmanError ? error : new RmanError(backupLines(error, handle, 0));
  }
}
