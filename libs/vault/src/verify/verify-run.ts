// One verification under way: what was asked for, what it has read and found so far, and when it must stop.
import { type ObjectStore } from '@adyton/object-store';
import { type Compute } from '../compute/compute';
import { databaseKeysOf, type DatabaseKeys } from '../crypto/database-keys';
import { type Unlock } from '../crypto/key-slots';
import { type ChunkSource } from '../restore/read-chunks';
import { type Vault } from '../vault';
import { type DamageFinding, type Finding, type VaultObjectKind } from './finding';
import {
  isInSubset,
  NOTHING_VERIFIED,
  type Subset,
  type VerifyLevel,
  type VerifyState,
} from './verify-state';

export interface VerifyOptions {
  readonly store: ObjectStore;
  readonly vault: Vault;
  readonly compute: Compute;
  readonly now: () => Date;
  readonly level: VerifyLevel;
  /** Findings as they are made; the next object waits for it. */
  readonly onFinding: (finding: Finding) => void | Promise<void>;
  /** What should open the vault: each must open a key slot. Slots nothing is given for are checked in form only. */
  readonly unlocks?: readonly Unlock[];
  /** Only these databases and recovery points; default: everything that is live. */
  readonly scope?: { readonly dbKeys?: readonly string[]; readonly manifestKeys?: readonly string[] };
  /** Manifests that must be there, as a ledger knows them: one that was deleted names itself nowhere. */
  readonly expectedManifests?: readonly string[];
  /** Read one part of the packs and pieces only. Documents and listings are always checked. */
  readonly subset?: Subset;
  /** Stop after this time; what was not reached is counted. */
  readonly budgetMs?: number;
  /** What earlier runs verified. */
  readonly state?: VerifyState;
}

export interface VerifyReport {
  readonly level: VerifyLevel;
  readonly objectsChecked: Readonly<Record<VaultObjectKind, number>>;
  readonly piecesRead: number;
  readonly blocksChecked: number;
  readonly bytesRead: number;
  /** Damaged objects. */
  readonly damaged: number;
  /** Pieces with blocks that were corrupt in the database. */
  readonly piecesWithCorruptBlocks: number;
  /** Of what was asked for: all, or what time did not suffice for. */
  readonly reached:
    | { readonly kind: 'all' }
    | {
        readonly kind: 'part';
        readonly left: Readonly<Record<'recipes' | 'packs' | 'pieces' | 'indexSegments', number>>;
      };
  /** For the next run. */
  readonly state: VerifyState;
}

export class VerifyRun {
  readonly store: ObjectStore;
  readonly objectsChecked: Record<VaultObjectKind, number> = {
    vault: 0,
    'key-slot': 0,
    session: 0,
    collection: 0,
    'restore-pin': 0,
    manifest: 0,
    partial: 0,
    recipe: 0,
    'index-segment': 0,
    'data-pack': 0,
    'metadata-pack': 0,
  };
  readonly left = { recipes: 0, packs: 0, pieces: 0, indexSegments: 0 };
  state: VerifyState;
  piecesRead = 0;
  blocksChecked = 0;
  private bytesRead = 0;
  private damaged = 0;
  private piecesWithCorruptBlocks = 0;
  private readonly endsAt: number;
  private readonly keys = new Map<string, DatabaseKeys>();

  constructor(readonly options: VerifyOptions) {
    this.store = counting(options.store, (bytes) => (this.bytesRead += bytes));
    this.state = options.state ?? NOTHING_VERIFIED;
    this.endsAt = options.now().getTime() + (options.budgetMs ?? Infinity);
  }

  get level(): VerifyLevel {
    return this.options.level;
  }

  /** True when the time budget is spent. */
  get isOver(): boolean {
    return this.options.now().getTime() >= this.endsAt;
  }

  /** Whether all that is live is asked for, so that an area can be called verified. */
  get isWhole(): boolean {
    return this.options.scope === undefined;
  }

  isChosen(hash: string): boolean {
    return this.options.subset === undefined || isInSubset(this.options.subset, hash);
  }

  isDatabaseAsked(dbKey: string): boolean {
    return this.options.scope?.dbKeys?.includes(dbKey) ?? true;
  }

  keysOf(dbKey: string): DatabaseKeys {
    const known = this.keys.get(dbKey);
    if (known !== undefined) return known;
    const { masterKey, vaultId } = this.options.vault;
    const keys = databaseKeysOf(masterKey, vaultId, dbKey);
    this.keys.set(dbKey, keys);
    return keys;
  }

  chunkSourceOf(dbKey: string): ChunkSource {
    const { compute, vault } = this.options;
    return { store: this.store, vaultId: vault.vaultId, keys: this.keysOf(dbKey), compute };
  }

  async tellDamage(finding: Omit<DamageFinding, 'kind'>): Promise<void> {
    this.damaged += 1;
    await this.options.onFinding({ kind: 'damage', ...finding });
  }

  async tell(finding: Exclude<Finding, DamageFinding>): Promise<void> {
    this.piecesWithCorruptBlocks += 1;
    await this.options.onFinding(finding);
  }

  report(): VerifyReport {
    const { level, objectsChecked, piecesRead, blocksChecked, bytesRead, left, state } = this;
    const isAll = Object.values(left).every((count) => count === 0);
    return {
      level,
      objectsChecked,
      piecesRead,
      blocksChecked,
      bytesRead,
      damaged: this.damaged,
      piecesWithCorruptBlocks: this.piecesWithCorruptBlocks,
      reached: isAll ? { kind: 'all' } : { kind: 'part', left },
      state,
    };
  }
}

function counting(store: ObjectStore, count: (bytes: number) => void): ObjectStore {
  return {
    name: store.name,
    create: (key, bytes, options) => store.create(key, bytes, options),
    get: async (key, options) => {
      const bytes = await store.get(key, options);
      count(bytes?.length ?? 0);
      return bytes;
    },
    head: (key, options) => store.head(key, options),
    list: (prefix, options) => store.list(prefix, options),
    delete: (key, options) => store.delete(key, options),
  };
}
