/** What is smaller costs more to give back than to leave to the collector, bytes. */
const SMALL_BYTES = 1024;

/**
 * Gives back the memory of a result that was copied on. The collector sees a few bytes in each and would let tens of megabytes of them
 * gather, in every thread. Nobody may look at it any more, nor at anything that shares its memory. What lies in Node's pool stays.
 */
export function freeAtOnce({ buffer, byteLength }: Uint8Array | Uint32Array): void {
  const isInPool = buffer.byteLength === Buffer.poolSize && byteLength < buffer.byteLength;
  // by what it can do: shared memory cannot be transferred, and under Jest there are two classes of this name
  if ('transfer' in buffer && buffer.byteLength > SMALL_BYTES && !isInPool) buffer.transfer(0);
}
