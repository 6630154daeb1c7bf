// New ids: prefix and ULID. Clock and randomness are handed in.
import { makeId, type IdKind, type IdOf } from '@adyton/domain';
import { type Clock } from '@adyton/runtime';
import { randomInt } from 'node:crypto';
import { ulid } from 'ulid';

const FRACTION_STEPS = 2 ** 32;
/** A fraction in [0, 1) from the system's secure source. */
export const secureFraction = (): number => randomInt(FRACTION_STEPS) / FRACTION_STEPS;

/** Ids of HTTP requests, for logs and problem documents. */
export function requestIdSource(clock: Clock): () => string {
  return () => ulid(clock.now().getTime(), secureFraction);
}

export function idSource(clock: Clock): <K extends IdKind>(kind: K) => IdOf<K> {
  return (kind) => makeId(kind, ulid(clock.now().getTime(), secureFraction));
}
