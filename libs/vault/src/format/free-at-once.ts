/**
 * Gives back the memory of a result that was copied on. The collector sees a few bytes in each and would let tens of megabytes of them
 * gather, in every thread. Nobody may look at it any more, nor at anything that shares its memory. Small ones share Node's pool and stay.
 */
export function freeAtOnce({ buffer }: Uint8Array | Uint32Array): void {
  // by what it can do: shared memory cannot be transferred, and under Jest there are two classes of this name
  if ('transfer' in buffer && buffer.byteLength > Buffer.poolSize) buffer.transfer(0);
}
