// Injection tokens of what the process is made of. Interfaces vanish at run time, so each gets a name here.
import { type IdKind, type IdOf } from '@adyton/domain';

export const CONFIG = Symbol('config');
export const LEDGER = Symbol('ledger');
export const REDIS = Symbol('redis');
export const STORE_PROBE = Symbol('store-probe');
export const NEW_ID = Symbol('new-id');

export type NewId = <K extends IdKind>(kind: K) => IdOf<K>;
