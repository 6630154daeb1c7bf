// The packet layer: headers, CONNECT, ACCEPT, REFUSE, MARKER and DATA. Lengths have 2 bytes up to and including ACCEPT and 4 bytes
// afterwards, in both directions.
import { SDU_BYTES, SDU_BYTES_MIN, TDU_BYTES, TNS_VERSION } from './profile';
import { ProtocolError } from './wire';

export const PACKET = { connect: 1, accept: 2, refuse: 4, data: 6, marker: 12 } as const;
export const MARKER = { break: 1, reset: 2, interrupt: 3 } as const;
/** Data flags: last packet of a request, and end of the connection. */
export const END_OF_REQUEST = 0x0800;
export const END_OF_FILE = 0x0040;

/** Highest packet type there is: what has another here is not TNS, and need not be waited for. */
const TYPE_MAX = 19;
const HEADER_BYTES = 8;
const DATA_HEADER_BYTES = 10;
/** Largest packet of either header form. */
const SHORT_PACKET_MAX = 65_535;
const LONG_PACKET_MAX = TDU_BYTES;
/** A CONNECT packet without its connect data, and where its fields lie. */
const CONNECT_BYTES_MIN = 70;
/** Connect data of a client with many addresses; Oracle's own limit is near. */
const CONNECT_DATA_MAX = 32_768;
/** 19 in the first byte, as VSNNUM shows the release. */
const VERSION_NUMBER = 0x13 << 24;

export interface Packet {
  type: number;
  /** The whole packet, header included. */
  bytes: Buffer;
}

/** Cuts the byte stream into packets. Holds at most one unfinished packet. */
export class PacketFramer {
  private pending: Buffer = Buffer.alloc(0);
  /** Set once ACCEPT was sent. */
  longHeaders = false;

  /** True while a packet has begun but not ended. */
  get unfinished(): boolean {
    return this.pending.length > 0;
  }

  push(chunk: Buffer): void {
    this.pending = this.pending.length === 0 ? chunk : Buffer.concat([this.pending, chunk]);
  }

  /** The next whole packet, `null` when more bytes are needed. Throws ProtocolError for an impossible length. */
  next(): Packet | null {
    if (this.pending.length < HEADER_BYTES) return null;
    const length = this.longHeaders ? this.pending.readUInt32BE(0) : this.pending.readUInt16BE(0);
    if (this.pending.readUInt8(4) > TYPE_MAX) throw new ProtocolError('no packet of this protocol');
    const max = this.longHeaders ? LONG_PACKET_MAX : SHORT_PACKET_MAX;
    if (length < HEADER_BYTES || length > max) throw new ProtocolError('packet length out of range');
    if (this.pending.length < length) return null;
    const bytes = this.pending.subarray(0, length);
    this.pending = this.pending.subarray(length);
    return { type: bytes.readUInt8(4), bytes };
  }
}

export interface ConnectRequest {
  version: number;
  sduBytes: number;
  /** `null`: the connect data follows in a DATA packet of this many bytes. */
  data: string | null;
  dataBytes: number;
}

export function parseConnect(packet: Buffer): ConnectRequest {
  if (packet.length < CONNECT_BYTES_MIN) throw new ProtocolError('short CONNECT packet');
  const dataBytes = packet.readUInt16BE(24);
  const offset = packet.readUInt16BE(26);
  if (dataBytes > CONNECT_DATA_MAX) throw new ProtocolError('connect data too long');
  const inside = packet.length >= offset + dataBytes && offset >= CONNECT_BYTES_MIN && packet.length > offset;
  return {
    version: packet.readUInt16BE(8),
    sduBytes: packet.readUInt32BE(58),
    data: inside ? packet.toString('latin1', offset, offset + dataBytes) : null,
    dataBytes,
  };
}

/** What the client wants to connect to; names are upper-case. */
export interface ConnectTarget {
  serviceName: string | null;
  sid: string | null;
  program: string;
  machine: string;
  osUser: string;
}

export function parseConnectData(text: string): ConnectTarget {
  const value = (name: string): string | null =>
    new RegExp(`\\(\\s*${name}\\s*=\\s*([^()]*?)\\s*\\)`, 'i').exec(text)?.[1] ?? null;
  // CID comes last, and HOST also stands in ADDRESS: look behind CID for it.
  const client = /\(\s*CID\s*=/i.exec(text);
  const clientText = client === null ? '' : text.slice(client.index);
  const clientValue = (name: string): string =>
    new RegExp(`\\(\\s*${name}\\s*=\\s*([^()]*?)\\s*\\)`, 'i').exec(clientText)?.[1] ?? '';
  return {
    serviceName: value('SERVICE_NAME')?.toUpperCase() ?? null,
    sid: value('SID')?.toUpperCase() ?? null,
    ...{ program: clientValue('PROGRAM'), machine: clientValue('HOST'), osUser: clientValue('USER') },
  };
}

/** The session data unit both sides can take. */
export function agreeSdu(clientBytes: number): number {
  return Math.max(SDU_BYTES_MIN, Math.min(SDU_BYTES, clientBytes === 0 ? SDU_BYTES : clientBytes));
}

/** No native network services (flags 8, 8), no compression, no fast authentication: see profile.ts. */
export function buildAccept(clientVersion: number, sduBytes: number): Buffer {
  const packet = Buffer.alloc(45);
  packet.writeUInt16BE(packet.length, 0);
  packet[4] = PACKET.accept;
  packet.writeUInt16BE(Math.min(TNS_VERSION, clientVersion), 8);
  packet.writeUInt16BE(1, 10);
  packet.writeUInt16BE(Math.min(sduBytes, SHORT_PACKET_MAX), 12);
  packet.writeUInt16BE(SHORT_PACKET_MAX, 14);
  packet.writeUInt16BE(1, 16);
  packet.writeUInt16BE(packet.length, 20);
  packet[22] = 8;
  packet[23] = 8;
  packet.writeUInt32BE(sduBytes, 32);
  packet.writeUInt32BE(TDU_BYTES, 36);
  return packet;
}

/** The listener says no: 12514 unknown service, 12505 unknown SID, 12528 blocked instance, 12516 no free handler. */
export function buildRefuse(ora: number): Buffer {
  const text = `(DESCRIPTION=(TMP=)(VSNNUM=${VERSION_NUMBER})(ERR=${ora})(ERROR_STACK=(ERROR=(CODE=${ora})(EMFI=4))))`;
  const packet = Buffer.alloc(HEADER_BYTES + 4 + text.length);
  packet.writeUInt16BE(packet.length, 0);
  packet[4] = PACKET.refuse;
  packet[8] = 0x22;
  packet.writeUInt16BE(text.length, 10);
  packet.write(text, 12, 'latin1');
  return packet;
}

export function buildMarker(kind: number): Buffer {
  const packet = Buffer.from([0, 0, 0, 11, PACKET.marker, 0, 0, 0, 1, 0, kind]);
  return packet;
}

/** A reply as DATA packets of at most `sduBytes` each. */
export function buildData(reply: Buffer, sduBytes: number): Buffer {
  const room = sduBytes - DATA_HEADER_BYTES;
  const packets: Buffer[] = [];
  for (let at = 0; at < reply.length || at === 0; at += room) {
    const body = reply.subarray(at, at + room);
    const header = Buffer.alloc(DATA_HEADER_BYTES);
    header.writeUInt32BE(DATA_HEADER_BYTES + body.length, 0);
    header[4] = PACKET.data;
    packets.push(header, body);
  }
  return Buffer.concat(packets);
}

export interface DataPacket {
  flags: number;
  body: Buffer;
}

export function parseData(packet: Buffer): DataPacket {
  if (packet.length < DATA_HEADER_BYTES) throw new ProtocolError('short DATA packet');
  return { flags: packet.readUInt16BE(HEADER_BYTES), body: packet.subarray(DATA_HEADER_BYTES) };
}

export function parseMarker(packet: Buffer): number {
  return packet[HEADER_BYTES + 2] ?? MARKER.break;
}
