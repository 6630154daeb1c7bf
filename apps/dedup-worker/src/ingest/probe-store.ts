// Tries the object store for the agent of this host, before a backup relies on it. Whoever reaches the socket can ask, so a probe that is
// under way is shared, and one that went well counts for a while.
import { probeAccess, type ObjectStore } from '@adyton/object-store';
import { type Clock } from '@adyton/runtime';
import { type StoreFindings } from '@adyton/sbt';
import { ulid } from 'ulid';
import { inSbtTerms } from './sbt-failure-of';

/** How long a good answer counts, ms: shorter than most outages, longer than the checks of one backup. */
const GOOD_FOR_MS = 60_000;
/** Retries included, ms. */
const PROBE_MS_MAX = 30_000;

/** @throws SbtFailure with the code of what went wrong */
export function storeProber(store: ObjectStore, clock: Clock): () => Promise<StoreFindings> {
  let underWay: Promise<StoreFindings> | null = null;
  let good: { readonly findings: StoreFindings; readonly atMs: number } | null = null;
  const probe = async (): Promise<StoreFindings> => {
    const signal = AbortSignal.timeout(PROBE_MS_MAX);
    const access = await probeAccess(store, ulid(), { now: () => clock.now(), signal });
    const { deleted: isDeleted, skewMs } = access;
    const skewSeconds = skewMs === null ? null : Math.round(skewMs / 1000);
    const findings = { storeName: store.name, isDeleted, skewSeconds };
    good = { findings, atMs: clock.monotonicMs() };
    return findings;
  };
  return () => {
    if (good !== null && clock.monotonicMs() - good.atMs < GOOD_FOR_MS) return Promise.resolve(good.findings);
    underWay ??= inSbtTerms(probe).finally(() => (underWay = null));
    return underWay;
  };
}
