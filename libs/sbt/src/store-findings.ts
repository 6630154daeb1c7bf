// What the dedup-worker found when it tried the object store, as PROBED carries it.
export interface StoreFindings {
  /** For messages. */
  readonly storeName: string;
  /** False where the credentials may not delete. */
  readonly isDeleted: boolean;
  /** How far the store's clock is ahead of the host's; null for a store that tells no time. */
  readonly skewSeconds: number | null;
}
