/** ALLOCATE, RELEASE, SEND and the options of channels; the rules of the same names of grammar.md. */
import { type ChannelSettings, type Statement } from './ast';
import { equals, parseDevice, parseDeviceType, parseSize } from './parse-common';
import { type TokenReader } from './token-reader';

const OPEN_FILES_MAX = 1024;

/** The statement behind ALLOCATE in a RUN block. */
export function parseAllocate(reader: TokenReader): Statement {
  const role = reader.accept('AUXILIARY') ? 'auxiliary' : 'job';
  reader.expect('CHANNEL');
  const name = reader.writtenWord();
  const device = parseAllocatedDevice(reader);
  return { kind: 'allocate', role, channel: { name, device, ...parseChannelSettings(reader) } };
}

/** The statement behind ALLOCATE at the prompt. */
export function parseAllocateMaintenance(reader: TokenReader): Statement {
  reader.expect('CHANNEL', 'FOR', 'MAINTENANCE');
  const device = parseAllocatedDevice(reader);
  const name = `ORA_MAINT_${device}_1`;
  const channel = { name, device, ...parseChannelSettings(reader) };
  return { kind: 'allocate', role: 'maintenance', channel };
}

/** DEVICE TYPE; old scripts write TYPE alone. */
function parseAllocatedDevice(reader: TokenReader) {
  reader.accept('DEVICE');
  reader.expect('TYPE');
  return parseDevice(reader);
}

/** Any number of options, in any order. */
export function parseChannelSettings(reader: TokenReader): ChannelSettings {
  const settings: ChannelSettings = {
    parms: null,
    format: null,
    send: null,
    connect: null,
    maxOpenFiles: null,
    maxPieceBytes: null,
    rateBytes: null,
  };
  while (parseChannelOption(reader, settings));
  return settings;
}

function parseChannelOption(reader: TokenReader, settings: ChannelSettings): boolean {
  if (reader.accept('PARMS')) settings.parms = equals(reader).string();
  else if (reader.accept('FORMAT')) settings.format = equals(reader).list(() => reader.string())[0] ?? null;
  else if (reader.accept('SEND')) settings.send = reader.string();
  else if (reader.accept('CONNECT')) settings.connect = equals(reader).string();
  else if (reader.accept('MAXOPENFILES')) settings.maxOpenFiles = openFiles(equals(reader));
  else if (reader.accept('MAXPIECESIZE')) settings.maxPieceBytes = parseSize(equals(reader));
  else if (reader.accept('RATE')) settings.rateBytes = parseSize(equals(reader));
  else if (reader.accept('DEBUG')) equals(reader).number();
  else if (reader.accept('TRACE')) equals(reader).number();
  else return false;
  return true;
}

function openFiles(reader: TokenReader): number {
  const files = reader.number(OPEN_FILES_MAX);
  return files === 0 ? reader.failAt('integer') : files;
}

/** The statement behind SEND. */
export function parseSend(reader: TokenReader): Statement {
  const channels = reader.accept('CHANNEL') ? reader.list(() => reader.writtenWord()) : null;
  if (channels === null) parseDeviceType(reader);
  const text = reader.string();
  if (reader.accept('PARMS')) {
    equals(reader).string();
    reader.notSimulated('SEND ... PARMS');
  }
  return { kind: 'send', text, channels };
}
