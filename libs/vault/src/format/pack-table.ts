// Packs by small numbers: recipes, index segments and look-ups name a pack by its place in such a table.
import { SALT_BYTES } from '../compute/chunk-operations';
import { packObjectKey, type PackRef } from './pack';

export class PackTable {
  private readonly packs: PackRef[] = [];
  private readonly numbers = new Map<string, number>();
  /** The same by the object asked for: whoever looks through a map asks for few packs, thousands of times. */
  private readonly asked = new WeakMap<PackRef, number>();

  get size(): number {
    return this.packs.length;
  }

  numberOf(pack: PackRef): number {
    const asked = this.asked.get(pack);
    if (asked !== undefined) return asked;
    const key = packObjectKey(pack);
    const number = this.numbers.get(key) ?? this.packs.push(pack) - 1;
    this.numbers.set(key, number);
    this.asked.set(pack, number);
    return number;
  }

  at(number: number): PackRef {
    const pack = this.packs[number];
    if (pack === undefined) throw new Error(`invariant: there is no pack ${number}`);
    return pack;
  }

  all(): readonly PackRef[] {
    return this.packs;
  }

  toJson(): PackJson[] {
    return this.packs.map((p) => ({ packId: p.packId, sid: p.sid, salt: p.salt.toString('base64') }));
  }

  static fromJson(packs: readonly PackJson[]): PackTable {
    const table = new PackTable();
    for (const { packId, sid, salt } of packs)
      table.numberOf({ packId, sid, salt: Buffer.from(salt, 'base64').subarray(0, SALT_BYTES) });
    return table;
  }
}

export interface PackJson {
  readonly packId: string;
  readonly sid: string;
  readonly salt: string;
}
