// After the death of a node RMAN may wait for its channels until the network gives up, which can be hours. It gets its time to disable
// them; then it is stopped, and what it left undone is finished without them.

const DISABLED = /^channel (\S+) disabled, job failed on it will be run on another channel$/gm;

export class LostChannels implements Disposable {
  private readonly stopping = new AbortController();
  /** RMAN may say so before anybody else knows of the loss. */
  private readonly disabled = new Set<string>();
  private readonly lostOnes = new Set<string>();
  private timer: NodeJS.Timeout | undefined;

  /** @param waitSeconds how long RMAN may take to give the channels up, from the first loss on, told or not */
  constructor(private readonly waitSeconds: number) {}

  /** Fires when RMAN did not. */
  get signal(): AbortSignal {
    return this.stopping.signal;
  }

  /** @param goneForSeconds how long ago the instance was lost, when nobody told it then */
  lost(channels: readonly string[], goneForSeconds = 0): void {
    for (const channel of channels) this.lostOnes.add(channel);
    if (this.areGivenUp) return;
    this.timer ??= setTimeout(
      () => this.stopping.abort(new Error('RMAN did not give up the channels of a lost instance')),
      Math.max(0, this.waitSeconds - goneForSeconds) * 1000,
    );
  }

  /** @param text RMAN's output, whole lines */
  read(text: string): void {
    for (const [, channel = ''] of text.matchAll(DISABLED)) this.disabled.add(channel);
    if (this.areGivenUp) this[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private get areGivenUp(): boolean {
    return [...this.lostOnes].every((channel) => this.disabled.has(channel));
  }
}
