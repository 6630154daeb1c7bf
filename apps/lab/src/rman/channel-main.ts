/**
 * The process of one channel: what a dedicated server process is to a real channel. It takes PARMS' ENV into its own
 * environment, loads the media-management library, and works off one job at a time. It ends when rman goes away.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { useDiskFaultsOf } from '../engine/disk-faults';
import { connectInstance, type InstanceClient } from '../instance/ipc-client';
import { claimFault, faultLines, faultsAt, isFaultName } from '../faults/rman-faults';
import { loadLibrary, type SbtLibrary } from '../sbt/load-library';
import { MediaChannel } from '../sbt/media-channel';
import { SbtCallError } from '../sbt/sbt-call-error';
import { backUpControl } from './backup-control';
import { backUpFiles } from './backup-files';
import { backUpLogs } from './backup-logs';
import { type ChannelContext } from './channel-context';
import {
  type ChannelJob,
  type FromChannel,
  type JobKind,
  type OpenJob,
  type ToChannel,
} from './channel-protocol';
import { DiskMedia, type PieceMedia } from './disk-media';
import { copyFile, restoreCopy } from './image-copy';
import { inspectPiece, restoreFiles, restoreLogs, restoreWhole } from './restore-pieces';
import { errorLines, RmanError } from './rman-error';
import { initLines, loadingLines, mediaLines } from './sbt-stack';

const EXIT_ORPHANED = 1;
const stop = new AbortController();
let context: ChannelContext | undefined;
let isClosing = false;
const uncounted = { inputBytes: 0, outputBytes: 0 };
const COUNT_REPORT_MS = 500;
let countedMs = 0;

function tell(message: FromChannel): void {
  if (process.connected) process.send?.(message);
}

function count(inputBytes: number, outputBytes: number): void {
  uncounted.inputBytes += inputBytes;
  uncounted.outputBytes += outputBytes;
  if (performance.now() - countedMs > COUNT_REPORT_MS) flushCount();
}

function flushCount(): void {
  countedMs = performance.now();
  tell({ ...uncounted });
  Object.assign(uncounted, { inputBytes: 0, outputBytes: 0 });
}

async function open(job: OpenJob): Promise<{ sid: number; processId: number }> {
  for (const fault of faultsAt('channel-connect')) {
    if (claimFault(job.base, fault, { channel: job.name })) {
      throw new RmanError(faultLines(fault, { channel: job.name }));
    }
  }
  const instance = await connectInstance({ socketPath: job.socketPath });
  if (instance === undefined) throw new RmanError(['ORA-01034: ORACLE not available']);
  const { base, oracleHome, instanceName, parallel } = await instance.identity({});
  useDiskFaultsOf(base);
  const session = await instance.registerSession({
    program: `rman@channel ${job.name}`,
    clientInfo: `${job.commandId === null ? '' : `id=${job.commandId},`}rman channel=${job.name}`,
    module: 'backup archivelog',
    processId: process.pid,
  });
  watch(instance);
  // A server process has the environment of its instance's host. Node hands it to setenv(3), where the library's getenv(3) finds it.
  Object.assign(process.env, { ORACLE_HOME: oracleHome, ORACLE_SID: instanceName }, job.parms.env);
  const library = job.device === 'DISK' ? null : loadOrFail(job, oracleHome);
  const media = initMedia(library, job);
  context = makeContext(job, { media, library, instance, session });
  context.say([
    `allocated channel: ${job.name}`,
    `channel ${job.name}: SID=${session.sid}${parallel ? ` instance=${instanceName}` : ''} device type=${job.device}`,
    ...(library === null ? [] : [`channel ${job.name}: ${library.description}`]),
  ]);
  return { sid: session.sid, processId: process.pid };
}

const LOAD_FAULTS = {
  'sbt-load': 'not-loaded',
  'sbt-symbols': 'entry-points-missing',
  'sbt-context': 'bad-context-size',
} as const;

function loadOrFail({ base, name, parms }: OpenJob, oracleHome: string): SbtLibrary {
  for (const fault of ['sbt-load', 'sbt-symbols', 'sbt-context'] as const) {
    if (claimFault(base, fault, { channel: name })) {
      throw new RmanError(loadingLines({ ok: false, reason: LOAD_FAULTS[fault], detail: 'simulated' }));
    }
  }
  if (claimFault(base, 'sbt-init', { channel: name })) {
    throw new RmanError(loadingLines({ ok: false, reason: 'init-failed', code: 7111, detail: 'simulated' }));
  }
  const loading = loadLibrary(placeOf(parms.library, oracleHome));
  if (!loading.ok) throw new RmanError(loadingLines(loading));
  return loading.library;
}

/** A bare name is looked for in the lib directory of the channel's own home first. */
function placeOf(library: string, oracleHome: string): string {
  const inHome = join(oracleHome, 'lib', library);
  return !library.includes('/') && existsSync(inHome) ? inHome : library;
}

/** One conversation with the library. Throws RmanError when it refuses. */
function openConversation(library: SbtLibrary, { base, name }: OpenJob): MediaChannel {
  const media = new MediaChannel(library, (call, subject) => {
    const fault = `sbt-${call}`;
    if (!isFaultName(fault)) return undefined;
    const armed = claimFault(base, fault, { channel: name, subject });
    return armed === undefined ? undefined : (armed.text ?? `LAB-SBT: simulated failure of sbt${call}`);
  });
  try {
    media.init();
    return media;
  } catch (error) {
    throw error instanceof SbtCallError ? new RmanError(initLines(error)) : error;
  }
}

type OpenedMedia = Pick<ChannelContext, 'allMedia' | 'mediaOf'>;

/** The media of the copies; duplexing to tape needs a conversation of its own for each, as I/O slaves have. */
function initMedia(library: SbtLibrary | null, job: OpenJob): OpenedMedia {
  const makeOne = (): PieceMedia => (library === null ? new DiskMedia() : openConversation(library, job));
  const media = [makeOne()];
  const mediaOf = (copy: number): PieceMedia => (media[copy - 1] ??= makeOne());
  const { send } = job.settings;
  if (send !== null) sendAtAllocation(mediaOf(1), send);
  return { allMedia: media, mediaOf };
}

function sendAtAllocation(media: PieceMedia, text: string): void {
  try {
    media.command(text);
  } catch (error) {
    throw error instanceof SbtCallError ? new RmanError(initLines(error)) : error;
  }
}

function makeContext(
  job: OpenJob,
  parts: Pick<ChannelContext, 'library' | 'instance' | 'session'> & { media: OpenedMedia },
): ChannelContext {
  const { media, ...rest } = parts;
  return {
    ...rest,
    ...media,
    media: media.mediaOf(1),
    name: job.name,
    device: job.device,
    base: job.base,
    settings: job.settings,
    blockBytes: job.parms.blockBytes,
    dateFormat: job.dateFormat,
    now: () => new Date(),
    say: (lines) => {
      tell({ lines });
    },
    count,
    stop: stop.signal,
  };
}

/** A killed session takes its process with it, as PMON would; an instance that is gone leaves no server process behind. */
function watch(instance: InstanceClient): void {
  instance.gone.addEventListener('abort', () => {
    if (!isClosing) process.exit(EXIT_ORPHANED);
  });
  instance.killed.addEventListener('abort', () => {
    stop.abort();
    void finishAndExit();
  });
}

async function finishAndExit(): Promise<void> {
  // A job under way notices within its next media block and gives the piece up.
  while (busy) await new Promise((resolve) => setTimeout(resolve, 20));
  await closeChannel();
  process.exit(EXIT_ORPHANED);
}

/** Logs off, as the last thing the instance hears of the channel. */
async function closeChannel(): Promise<void> {
  const open = context;
  context = undefined;
  if (open === undefined) return;
  try {
    for (const media of open.allMedia) media.end();
  } finally {
    await open.instance.endSession(open.session).catch(() => undefined);
    isClosing = true;
    open.instance.close();
  }
}

async function run(job: ChannelJob): Promise<unknown> {
  if (job.kind === 'open') return open(job);
  if (job.kind === 'close') {
    await closeChannel();
    return null;
  }
  const opened = context;
  if (opened === undefined) throw new RmanError(['RMAN-10008: could not create channel context']);
  switch (job.kind) {
    case 'backup-files':
      return backUpFiles(opened, job);
    case 'copy-file':
      return copyFile(opened, job);
    case 'backup-logs':
      return backUpLogs(opened, job);
    case 'backup-control':
      return backUpControl(opened, job);
    case 'restore-files':
      return restoreFiles(opened, job);
    case 'restore-copy':
      return restoreCopy(opened, job);
    case 'restore-logs':
      return restoreLogs(opened, job);
    case 'restore-whole':
      return restoreWhole(opened, job);
    case 'inspect':
      return inspectPiece(opened, job.handle);
    case 'info':
      return { found: askFor(opened, job.handles) };
    case 'remove':
      opened.media.remove(job.handles);
      return null;
    case 'send':
      opened.media.command(job.text);
      return null;
  }
}

/** Some libraries cannot answer for thousands of names at once. */
const NAMES_PER_LOOKUP_MAX = 450;

function askFor({ media, base, name }: ChannelContext, handles: string[]): boolean[] {
  const found: boolean[] = [];
  for (let at = 0; at < handles.length; at += NAMES_PER_LOOKUP_MAX) {
    found.push(...media.info(handles.slice(at, at + NAMES_PER_LOOKUP_MAX)).map((info) => info.found));
  }
  return found.map(
    (isThere, i) =>
      isThere &&
      claimFault(base, 'sbt-not-found', { channel: name, subject: handles[i] ?? '' }) === undefined,
  );
}

function linesOf(error: unknown, kind: JobKind): string[] {
  if (!(error instanceof SbtCallError)) return errorLines(error);
  return kind === 'open' ? initLines(error) : mediaLines(error);
}

let busy = false;

async function serve({ id, job }: { id: number; job: ChannelJob }): Promise<void> {
  busy = true;
  try {
    const result = await run(job);
    flushCount();
    tell({ id, ok: true, result });
  } catch (error) {
    flushCount();
    tell({ id, ok: false, lines: linesOf(error, job.kind) });
  } finally {
    busy = false;
  }
  if (job.kind === 'close') process.disconnect();
}

process.on('message', (message: ToChannel) => {
  if ('cancel' in message) stop.abort();
  else void serve(message);
});
process.on('disconnect', () => {
  stop.abort();
  void finishAndExit();
});
