// Where a connection is, and which frames may come then: everything else ends it.
import { FRAME_TYPES, type FrameType, PAYLOAD_BYTES_MAX } from './frame';
import { type IncomingPiece } from './incoming-piece';
import { type OutgoingPiece } from './outgoing-piece';

export type ConnectionState =
  | { readonly kind: 'greeting' | 'idle' | 'left' }
  | { readonly kind: 'writing'; readonly piece: IncomingPiece }
  | { readonly kind: 'reading'; readonly piece: OutgoingPiece }
  /** The run may do nothing more: every question gets the reason. `before`: what was open then, and still is to be discarded. */
  | { readonly kind: 'stopped'; readonly before: ConnectionState };

const QUESTIONS_OUTSIDE_A_PIECE = [
  FRAME_TYPES.openWrite,
  FRAME_TYPES.openRead,
  FRAME_TYPES.info,
  FRAME_TYPES.remove,
  FRAME_TYPES.command,
];
const QUESTIONS_IN_A_PIECE = [FRAME_TYPES.close, FRAME_TYPES.abort];

export const EXPECTED_FRAMES: Readonly<Record<ConnectionState['kind'], readonly FrameType[]>> = {
  greeting: [FRAME_TYPES.hello, FRAME_TYPES.fence, FRAME_TYPES.probe],
  idle: [...QUESTIONS_OUTSIDE_A_PIECE, FRAME_TYPES.bye],
  writing: [FRAME_TYPES.data, ...QUESTIONS_IN_A_PIECE, FRAME_TYPES.bye],
  reading: [...QUESTIONS_IN_A_PIECE, FRAME_TYPES.bye],
  stopped: [...QUESTIONS_OUTSIDE_A_PIECE, FRAME_TYPES.data, ...QUESTIONS_IN_A_PIECE, FRAME_TYPES.bye],
  left: [],
};

/** Longest payload of each frame a client may send: before it has said hello it can make us keep 4 KiB and no more. */
export const CLIENT_PAYLOAD_BYTES_MAX: Readonly<Partial<Record<FrameType, number>>> = {
  [FRAME_TYPES.hello]: 4096,
  [FRAME_TYPES.fence]: 4096,
  [FRAME_TYPES.openWrite]: 1024,
  [FRAME_TYPES.openRead]: 1024,
  [FRAME_TYPES.data]: PAYLOAD_BYTES_MAX,
  [FRAME_TYPES.info]: 1024 * 1024,
  [FRAME_TYPES.remove]: 1024 * 1024,
  [FRAME_TYPES.command]: 1024,
};
