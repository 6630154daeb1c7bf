// The block map of a data file while one piece of it comes in. Regions are loaded when the stream reaches them and leave as a map chunk of
// what changed; the chain of a region's map chunks, newest first, goes into the recipe. Small newest tiers are merged into the new chunk, so
// that a chain stays short and a row is written a few times at most.
import { MAP_ROW_FIELDS, type MapRows, type RegionName } from '../format/map-chunk';
import { type RegionMap } from '../format/recipe';
import { REGIONS_LOADED_MAX } from '../limits';
import { Region } from './region';
import { type Tier, TIERS_MAX } from './tier';

export interface BlockMapSource {
  /** The newest map chunks of a region that earlier backups left, as rows of the piece; newest first. */
  readonly prior: readonly RegionMap[];
  /** The map chunk in this row; null when it cannot be used. */
  readTier(row: number): Promise<Tier | null>;
}

/** A map chunk to be written, and where its row goes. */
export interface LeavingRegion {
  readonly rows: MapRows;
  readonly entry: ChainEntry;
}

interface ChainEntry {
  row: number;
  /** Left by an earlier backup. */
  readonly prior: boolean;
}

export class BlockMap {
  /** Used last, last. */
  private readonly loaded = new Map<string, Region>();
  private readonly chains = new Map<string, { readonly name: RegionName; entries: ChainEntry[] }>();
  private leaving: LeavingRegion[] = [];
  private current: Region | null = null;

  constructor(private readonly source: BlockMapSource) {
    for (const { blockBytes, region, chunks } of source.prior) {
      const name = { blockBytes, region };
      this.chains.set(keyOf(name), { name, entries: chunks.map((row) => ({ row, prior: true })) });
    }
  }

  /** Whether earlier backups left anything to recognise. */
  get hasPrior(): boolean {
    return this.source.prior.length > 0;
  }

  /** The region, when it is the one at hand: asked for every slot. */
  atHand(blockBytes: number, region: number): Region | null {
    const { current } = this;
    return current?.name.region === region && current.name.blockBytes === blockBytes ? current : null;
  }

  async load(name: RegionName): Promise<Region> {
    const key = keyOf(name);
    const region = this.loaded.get(key) ?? new Region(name, await this.tiersOf(key));
    this.loaded.delete(key);
    this.loaded.set(key, region);
    this.current = region;
    for (const [oldest, left] of this.loaded) {
      if (this.loaded.size <= REGIONS_LOADED_MAX) break;
      this.loaded.delete(oldest);
      this.leave(left);
    }
    return region;
  }

  /** What left since it was asked last: to be written once the chunks it names are in sealed packs. */
  takeLeaving(): readonly LeavingRegion[] {
    const taken = this.leaving;
    this.leaving = [];
    return taken;
  }

  /** Lets all regions leave. */
  leaveAll(): void {
    for (const region of this.loaded.values()) this.leave(region);
    this.loaded.clear();
    this.current = null;
  }

  /** For the recipe. */
  chainsOfRegions(): RegionMap[] {
    return [...this.chains.values()]
      .filter(({ entries }) => entries.length > 0)
      .map(({ name, entries }) => ({ ...name, chunks: entries.map(({ row }) => row) }));
  }

  /** Only what earlier backups left: a region that comes back finds the rest by its ids. */
  private async tiersOf(key: string): Promise<Tier[]> {
    const chain = this.chains.get(key);
    if (chain === undefined) return [];
    const prior = chain.entries.filter((entry) => entry.prior).slice(0, TIERS_MAX);
    const read = await Promise.all(prior.map(({ row }) => this.source.readTier(row)));
    const tiers = read.filter((tier) => tier !== null);
    const usable = new Set(tiers.map(({ row }) => row));
    chain.entries = chain.entries.filter((entry) => !entry.prior || usable.has(entry.row));
    return tiers;
  }

  private leave(region: Region): void {
    if (region.changes > 0) this.keepRows(region);
    region.free();
  }

  private keepRows(region: Region): void {
    const key = keyOf(region.name);
    const chain = this.chains.get(key) ?? { name: region.name, entries: [] };
    this.chains.set(key, chain);
    const merged = tiersToMerge(region, chain.entries.length);
    const gone = new Set(region.tiers.slice(0, merged).map(({ row }) => row));
    const entry: ChainEntry = { row: -1, prior: false };
    chain.entries = [entry, ...chain.entries.filter(({ row, prior }) => !prior || !gone.has(row))];
    this.leaving.push({ rows: region.rows(merged), entry });
  }
}

/** How many of the newest tiers go into the new chunk: those less than twice as large as what goes in before them, or all that are too many. */
function tiersToMerge(region: Region, chainLength: number): number {
  let rows = region.changes;
  let merged = 0;
  for (const { map } of region.tiers) {
    const tierRows = map.rows.length / MAP_ROW_FIELDS + map.slots.length;
    const isChainFull = chainLength - merged + 1 > TIERS_MAX;
    if (tierRows >= 2 * rows && !isChainFull) break;
    rows += tierRows;
    merged += 1;
  }
  return merged;
}

function keyOf({ blockBytes, region }: RegionName): string {
  return `${blockBytes}/${region}`;
}
