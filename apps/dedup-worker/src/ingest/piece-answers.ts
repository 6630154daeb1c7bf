// What the channels of a run are told about pieces (sbtinfo2). RMAN asks about every piece as soon as it has closed it: what the run's own
// session made durable it knows, and does not read back from the store, a third of all requests of a small backup. While the session lives,
// nobody else removes its pieces and no collector touches its packs; its commit looks at all of them once more.
import {
  answerForPieces,
  readUnusablePacks,
  type ClosedPiece,
  type PieceQuestion,
  type WriterSession,
} from '@adyton/vault';

export class PieceAnswers {
  /** As of the first question about pieces: a session is short, and packs that go meanwhile are missed all the same. */
  private unusablePacks: ReadonlySet<string> | undefined;

  constructor(
    private readonly vault: Omit<PieceQuestion, 'unusablePacks'>,
    private readonly writer: Pick<WriterSession, 'closedPiece'> | null,
  ) {}

  /** In the order of the handles; null is a promise that there is no such piece. @throws VaultError damaged, no-vault; ObjectStoreError */
  async find(handles: readonly string[]): Promise<(ClosedPiece | null)[]> {
    const own = handles.map((handle) => this.writer?.closedPiece(handle) ?? null);
    const others = handles.filter((_, i) => own[i] === null);
    if (others.length === 0) return own;
    this.unusablePacks ??= await readUnusablePacks(this.vault.store);
    const found = await answerForPieces({ ...this.vault, unusablePacks: this.unusablePacks }, others);
    const rest = found.values();
    return own.map((piece) => piece ?? rest.next().value ?? null);
  }
}
