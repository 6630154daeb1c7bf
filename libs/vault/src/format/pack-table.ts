// Packs by small numbers: recipes, index segments and look-ups name a pack by its place in such a table.
import { SALT_BYTES } from '../compute/chunk-operations';
import { packObjectKey, type PackRef } from './pack';

export class PackTable {
  private readonly packs: PackRef[] = [];
  private readonly numbers = new Map<string, number>();

  get size(): number {
    return this.packs.length;
  }

  numberOf(pack: PackRef): number {
    const key = packObjectKey(pack);
    const known = this.numbers.get(key);
    if (known !== undefined) return known;
    this.packs.push(pack);
    this.numbers.set(key, this.packs.length - 1);
    return this.packs.length - 1;
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
