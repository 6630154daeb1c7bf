// One piece on its way back, step by step as planned: ranges of packs are read ahead as far as the window allows, the chunks of a few steps
// are opened by threads at the same time, and steps are handed on in order. Every chunk's tag and id are checked before a byte leaves, and
// the recipe's digest, checked when it was read, vouches for their order. Damage is an error that names the object, never a wrong byte.
import { ID_BYTES } from '../compute/chunk-operations';
import { LOCATION_FIELDS } from '../format/chunk-table';
import { packObjectKey } from '../format/pack';
import { EXTENT_FIELDS, type Recipe } from '../format/recipe';
import { READ_STEPS_IN_FLIGHT } from '../limits';
import { findPiece } from '../session/piece-names';
import { VaultError } from '../vault-error';
import { planReads, type ReadPlan } from './plan-reads';
import { RangesAhead } from './ranges-ahead';
import { type ChunkSource, type WantedChunk } from './read-chunks';
import { RestoreBuffers } from './restore-buffers';
import { RestoreStep } from './restore-step';

export interface RecipeSource extends ChunkSource {
  /** Those of the process: readers share them. Without them a reader has its own. */
  readonly restoreBuffers?: RestoreBuffers;
}

export interface PieceReaderOptions extends RecipeSource {
  /** Decimal. */
  readonly dbid: string;
}

export interface PieceReader {
  readonly handle: string;
  readonly bytes: number;
  readonly createdAt: string;
  /** The next bytes of the piece, valid until it is asked again; null at its end. @throws VaultError damaged */
  read(): Promise<Uint8Array | null>;
  /** Gives back what the reader holds; at any time, once or more. */
  close(): Promise<void>;
}

/** @throws VaultError piece-missing, damaged */
export async function openPieceReader(options: PieceReaderOptions, handle: string): Promise<PieceReader> {
  const found = await findPiece(options, handle);
  if (found === null) throw new VaultError('piece-missing', `there is no piece ${handle}`, { handle });
  return new RecipeReader(options, found.recipe);
}

/** Gives back the piece of this recipe, whatever its handle leads to. */
export function openRecipeReader(source: RecipeSource, recipe: Recipe): PieceReader {
  return new RecipeReader(source, recipe);
}

class RecipeReader implements PieceReader {
  private readonly buffers: RestoreBuffers;
  private readonly plan: ReadPlan;
  private readonly ahead: RangesAhead;
  /** Numbers of the recipe's packs among the decoded chunks. */
  private readonly packNumbers: readonly number[];
  private readonly underWay: RestoreStep[] = [];
  private nextStep = 0;
  private out = Buffer.alloc(0);
  private closed = false;

  constructor(
    private readonly options: RecipeSource,
    private readonly recipe: Recipe,
  ) {
    this.buffers = options.restoreBuffers ?? new RestoreBuffers();
    this.plan = planReads(recipe);
    this.packNumbers = recipe.packs.all().map((pack) => this.buffers.decoded.numberOf(pack));
    const objectKeys = recipe.packs.all().map(packObjectKey);
    this.ahead = new RangesAhead(
      this.plan.ranges,
      { ...options, objectKeys, handle: recipe.handle },
      () => this.buffers.windowBytes,
    );
    this.buffers.readerOpened();
  }

  get handle(): string {
    return this.recipe.handle;
  }
  get bytes(): number {
    return this.recipe.bytes;
  }
  get createdAt(): string {
    return this.recipe.createdAt;
  }

  async read(): Promise<Uint8Array | null> {
    this.beginSteps();
    const step = this.underWay[0];
    if (step === undefined) {
      await this.close();
      return null;
    }
    await step.ready;
    const bytes = this.assemble(step);
    this.underWay.shift();
    step.giveBack();
    this.ahead.release(step.number);
    this.beginSteps();
    return bytes;
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await Promise.allSettled(this.underWay.map(({ ready }) => ready));
    for (const step of this.underWay.splice(0)) step.giveBack();
    await this.ahead.close();
    this.buffers.readerClosed();
  }

  private beginSteps(): void {
    while (
      !this.closed &&
      this.underWay.length < READ_STEPS_IN_FLIGHT &&
      this.nextStep < this.plan.stepEnds.length
    ) {
      const number = this.nextStep;
      this.nextStep += 1;
      this.ahead.readFor(number);
      const step = new RestoreStep(number, this.rowsOf(number), {
        ...this.options,
        buffers: this.buffers,
        recipe: this.recipe,
        packNumbers: this.packNumbers,
        plan: this.plan,
        ahead: this.ahead,
        before: [...this.underWay],
        chunkAt: (row) => this.chunkAt(row),
      });
      step.begin();
      this.underWay.push(step);
    }
  }

  /** Rows of the chunks a step needs, each once. */
  private rowsOf(step: number): Set<number> {
    const rows = new Set<number>();
    const { from, to } = this.extentsOf(step);
    for (let i = from; i < to; i += 1) rows.add(this.recipe.extents[i * EXTENT_FIELDS] ?? 0);
    return rows;
  }

  private extentsOf(step: number): { readonly from: number; readonly to: number } {
    return { from: this.plan.stepEnds[step - 1] ?? 0, to: this.plan.stepEnds[step] ?? 0 };
  }

  private assemble(step: RestoreStep): Uint8Array {
    const { extents } = this.recipe;
    const { from, to } = this.extentsOf(step.number);
    let at = 0;
    for (let i = from; i < to; i += 1) at += extents[i * EXTENT_FIELDS + 2] ?? 0;
    if (this.out.length < at) this.out = Buffer.allocUnsafeSlow(at);
    at = 0;
    for (let i = from; i < to; i += 1) {
      const offset = extents[i * EXTENT_FIELDS + 1] ?? 0;
      const length = extents[i * EXTENT_FIELDS + 2] ?? 0;
      const chunk = step.chunks.get(extents[i * EXTENT_FIELDS] ?? 0);
      if (chunk === undefined || offset + length > chunk.length)
        throw new Error(`invariant: extent ${i} of ${this.handle} has no bytes`);
      if (length > 0) this.out.fill(chunk.subarray(offset, offset + length), at, at + length); // memmove; see PieceIngest
      at += length;
    }
    return this.out.subarray(0, at);
  }

  private chunkAt(row: number): WantedChunk {
    const { ids, locations } = this.recipe;
    return {
      id: ids.subarray(row * ID_BYTES, (row + 1) * ID_BYTES),
      location: locations.subarray(row * LOCATION_FIELDS, (row + 1) * LOCATION_FIELDS),
    };
  }
}
