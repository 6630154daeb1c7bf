// The framed protocol between libobk.so and the dedup-worker, TypeScript side.
export { fenceToken, type FenceOutcome } from './fence-token';
export { CHECK_RUN } from './check-run';
export { probeStore, type StoreProbe } from './probe-store';
export { type StoreFindings } from './store-findings';
export { serveSbt, type SbtServer, type SbtServerOptions } from './serve-sbt';
export { SbtFailure, SBT_CODES, type SbtCode } from './sbt-failure';
export { type SbtLog } from './connection';
export {
  type PieceInfo,
  type PieceReader,
  type PieceReceipt,
  type PieceToOpen,
  type PieceWriter,
  type SbtHello,
  type SbtSession,
} from './sbt-session';
