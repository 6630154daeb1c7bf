// The runs of other hosts that this agent takes part in. A doorbell starts one and returns; it lives until its run is over.
import { type AgentTools } from '../backup/backup-run';
import { takePart, type PartToTake } from './take-part';

/** Runs at once, as many as an agent may have of its own. */
const PARTS_MAX = 32;

export class PartsTaken {
  private readonly parts = new Map<string, Promise<void>>();
  private readonly ending = new AbortController();

  constructor(private readonly tools: AgentTools) {}

  /** Asked twice for the same instance of a run, it goes on as it is. */
  start(part: PartToTake): void {
    const key = `${part.runId}/${part.sid}`;
    if (this.parts.has(key) || this.parts.size >= PARTS_MAX || this.ending.signal.aborted) return;
    const taken = takePart(this.tools, part, this.ending.signal)
      .catch((error: unknown) =>
        this.tools.log.warn({ runId: part.runId, sid: part.sid, err: error }, 'instance.not-taking-part'),
      )
      .finally(() => this.parts.delete(key));
    this.parts.set(key, taken);
  }

  /** Stops the signs of life. Channels that work go on: they are the Oracle server's, not this agent's. */
  async close(): Promise<void> {
    this.ending.abort();
    await Promise.allSettled(this.parts.values());
  }
}
