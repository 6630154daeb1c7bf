// Other views of the same memory; nothing is copied.

/** As a Buffer: what a thread or a store hands over is none. */
export function bufferOver({ buffer, byteOffset, byteLength }: Uint8Array | Uint32Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** As numbers of 32 bits. */
export function wordsOver({ buffer, byteOffset, byteLength }: Uint8Array): Uint32Array {
  return new Uint32Array(buffer, byteOffset, byteLength / 4);
}
