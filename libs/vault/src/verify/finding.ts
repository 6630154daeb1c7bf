// What verification finds, and what it means for whoever has to act on it.
import { ObjectStoreError } from '@adyton/object-store';
import { VaultError } from '../vault-error';
import { type CorruptBlock } from './block-scanner';

export type VaultObjectKind =
  | 'vault'
  | 'key-slot'
  | 'session'
  | 'collection'
  | 'restore-pin'
  | 'manifest'
  | 'partial'
  | 'recipe'
  | 'index-segment'
  | 'data-pack'
  | 'metadata-pack';

export type Damage = 'missing' | 'truncated' | 'altered' | 'unsupported-version';

/**
 * `vault-closed`: only who kept the master key can open the vault with it.
 * `pieces-lost`: the pieces named cannot be given back, nor the recovery points that need them.
 * `recovery-point-lost`: nothing can be restored from it; the pieces named are there, but nobody says that they belong together.
 * `costs-space`: every piece comes back; the next backup stores more than it would have to.
 * `copy-left`: another object says the same, and is used; nothing is lost as long as that one is whole.
 * `collection-stops`: every piece comes back; fencing or collecting what this run left may stop until a person has looked.
 */
export type Meaning =
  'vault-closed' | 'pieces-lost' | 'recovery-point-lost' | 'costs-space' | 'copy-left' | 'collection-stops';

/** An object of the vault is not what was written. */
export interface DamageFinding {
  readonly kind: 'damage';
  readonly object: VaultObjectKind;
  readonly objectKey: string;
  readonly damage: Damage;
  readonly means: Meaning;
  /** Object keys of manifests and partials. */
  readonly recoveryPoints: readonly string[];
  /** Handles, as far as they can be known. */
  readonly pieces: readonly string[];
}

/** The vault gives back what RMAN wrote, but these blocks were corrupt in the database already. */
export interface CorruptBlocksFinding {
  readonly kind: 'corrupt-blocks';
  /** The recipe. */
  readonly objectKey: string;
  readonly handle: string;
  /** The first hundred. */
  readonly blocks: readonly CorruptBlock[];
  readonly blocksCorrupt: number;
  readonly recoveryPoints: readonly string[];
}

export type Finding = DamageFinding | CorruptBlocksFinding;

/** What an error says about an object; null when it says nothing about the object, but about the store or the program. */
export function damageOf(error: unknown): Damage | null {
  if (error instanceof VaultError) {
    if (error.kind === 'unsupported-version') return 'unsupported-version';
    return error.facts.damage ?? null;
  }
  if (error instanceof ObjectStoreError) return error.kind === 'out-of-range' ? 'truncated' : null;
  return error instanceof RangeError || error instanceof SyntaxError ? 'altered' : null;
}

/** Does what is asked, or says what is wrong with the object it reads. @throws what says nothing about an object */
export async function orDamage<T>(
  read: () => Promise<T>,
): Promise<{ readonly value: T } | { readonly damage: Damage }> {
  try {
    return { value: await read() };
  } catch (error) {
    const damage = damageOf(error);
    if (damage === null) throw error;
    return { damage };
  }
}
