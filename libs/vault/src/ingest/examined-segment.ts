// What threads find out about a segment: the tags of its slots, and digests of its units. Where a block map may know the slots, digests are
// made of what their tags do not recognise, and only then; else of everything, at once.
import { CUT_FIELDS, type CutResult } from '../chunking/cut-stream';
import { wordsOver } from '../compute/buffer-over';
import { fingerprintsOf } from '../compute/slot-marks';
import { DIGEST_BYTES } from '../compute/unit-digests';
import { type Segment } from './ingest-buffers';
import { type IngestContext } from './ingest-context';

/** What is to be found out; without a block map there are digests only. */
export type Examination = 'digests' | 'tags' | 'digests and tags';

export class ExaminedSegment {
  /** Of each cut, SLOT_TAG_WORDS apiece; those of slots count. */
  readonly tags: Uint32Array;
  private readonly digested: Uint8Array;

  readonly segment: Segment;
  readonly cut: CutResult;
  private readonly isTagged: boolean;

  private constructor(
    private readonly context: IngestContext,
    of: { readonly segment: Segment; readonly cut: CutResult; readonly isTagged: boolean },
  ) {
    this.segment = of.segment;
    this.cut = of.cut;
    this.isTagged = of.isTagged;
    this.tags = wordsOver(of.segment.tags);
    this.digested = new Uint8Array(of.cut.cuts.length / CUT_FIELDS);
  }

  static async of(
    context: IngestContext,
    { segment, cut }: { readonly segment: Segment; readonly cut: CutResult },
    examination: Examination,
  ): Promise<ExaminedSegment> {
    const examined = new ExaminedSegment(context, { segment, cut, isTagged: examination !== 'digests' });
    await Promise.all([
      examined.isTagged ? examined.tag() : undefined,
      examination === 'tags' ? undefined : examined.digest(new Uint8Array(examined.cutCount).fill(1)),
    ]);
    return examined;
  }

  get cutCount(): number {
    return this.digested.length;
  }

  get digests(): Buffer {
    return this.segment.digests;
  }

  /** Of each unit that has a digest, FINGERPRINT_WORDS apiece. */
  get fingerprints(): Uint32Array {
    return this.segment.fingerprints;
  }

  hasDigests(cut: number): boolean {
    return this.digested[cut] === 1;
  }

  /** Makes digests, and with a block map fingerprints. @param wanted a byte for each cut, 0 where none are needed */
  async digest(wanted: Uint8Array): Promise<void> {
    const { context, segment, cut, digested } = this;
    await context.compute.digest({ bytes: this.bytes, cuts: cut.cuts, wanted, into: segment.digests });
    for (const [i, is] of wanted.entries()) if (is === 1) digested[i] = 1;
    if (!this.isTagged) return;
    const units = segment.digests.subarray(0, cut.addresses.length * DIGEST_BYTES);
    fingerprintsOf(context.mapKeys.fingerprintKey, units, segment.fingerprints);
  }

  private async tag(): Promise<void> {
    const { context, segment, cut } = this;
    const { tagKey } = context.mapKeys;
    await context.compute.tag({ bytes: this.bytes, cuts: cut.cuts, tagKey, into: segment.tags });
  }

  /** The bytes of its cuts, as a thread may be handed them. */
  private get bytes(): Uint8Array {
    return new Uint8Array(this.segment.shared, 0, this.cut.carriedFrom);
  }
}
