// The instances of one run, on the side of its primary: the others are asked, those that pass their checks give channels, and all are watched
// to the end. The loss of the primary stops the run; that of another one is told, and left to the step that is under way.
import { type RunInstance, type RunPlan } from '@adyton/contracts';
import { type ChannelPlace, type InstanceAddress } from '@adyton/rman';
import { pause } from '@adyton/runtime';
import { channelPlaceOf, type BackupRun } from '../backup/backup-run';
import { RunFailure } from '../runs/run-failure';
import { secondaryOf, type Secondary } from './instance-answers';
import { runningInstances } from './running-instances';
import { findBackground, type Background } from './watch-background';

export interface LostInstance {
  readonly instance: string;
  /** In a sentence, with host, time and phase. */
  readonly detail: string;
}

interface Loss {
  readonly why: string;
  /** How long it had been gone at least when it was noticed. */
  readonly goneForSeconds: number;
}
type LossListener = (address: InstanceAddress, goneForSeconds: number) => void;

/** Between two looks at the instances, ms: a loss is to be told within 30 s. */
const LOOK_MS = 2_000;
/** Between two looks while a loss is suspected, ms. */
const LOOK_AGAIN_MS = 500;
/** After the time of a presence a silent agent is noticed; the question to the cluster takes this long at most, ms. */
const WITNESS_MS = 6_000;

export class RunInstances implements AsyncDisposable {
  private readonly losses: LostInstance[] = [];
  private readonly listeners = new Set<LossListener>();
  private readonly ending = new AbortController();
  private readonly watching: Promise<void>;

  private constructor(
    private readonly run: BackupRun,
    private readonly primary: Background,
    private secondaries: readonly Secondary[],
    /** Verdicts of the other instances' checks, for the plan. */
    readonly checks: RunPlan['checks'],
  ) {
    this.watching = this.watch();
  }

  static async watching(
    run: BackupRun,
    asked: readonly RunInstance[],
    checks: RunPlan['checks'],
  ): Promise<RunInstances> {
    const { oracleSid, oracleHome } = run.claimed.database;
    const primary = await findBackground({ sid: oracleSid, oracleHome });
    return new RunInstances(run, primary, asked.flatMap(secondaryOf), checks);
  }

  /** Where channels can run now, the primary first. */
  get places(): readonly [ChannelPlace, ...ChannelPlace[]] {
    return [channelPlaceOf(this.run), ...this.secondaries.map(({ place }) => place)];
  }

  /** The other instances that have channels now. */
  get takingPart(): readonly string[] {
    return this.secondaries.map(({ sid }) => sid);
  }

  get lost(): readonly LostInstance[] {
    return this.losses;
  }

  /** Calls back at each loss from now on. @returns how to stop that */
  onLoss(listener: LossListener): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /**
   * RMAN failed: before anybody looks for another cause, the instances are looked at once more. RMAN often knows of a loss before its host has
   * told it; when its errors are about channels of a secondary, the witnesses get their time.
   * @param suspects instances whose channels failed. @throws RunFailure ADY_PRIMARY_LOST
   */
  async lookAgain(suspects: readonly InstanceAddress[]): Promise<void> {
    const isSettled = (): boolean =>
      suspects.every(({ instance }) => !this.secondaries.some((s) => s.sid === instance));
    const limitMs = this.run.config.ADYTON_PRESENCE_TTL_SECONDS * 1000 + WITNESS_MS;
    for (let waitedMs = 0; ; waitedMs += LOOK_AGAIN_MS) {
      await this.look();
      this.run.lease.signal.throwIfAborted();
      if (isSettled() || waitedMs >= limitMs) return;
      await this.run.lease.pause(LOOK_AGAIN_MS);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.ending.abort();
    await this.watching;
  }

  private async watch(): Promise<void> {
    const { signal } = this.ending;
    while (!signal.aborted && !this.run.lease.signal.aborted) {
      await pause(LOOK_MS, signal);
      if (!signal.aborted) await this.look();
    }
  }

  private async look(): Promise<void> {
    if (!(await this.primary.isAlive())) {
      const { oracleSid } = this.run.claimed.database;
      const detail = `the process monitor of ${oracleSid} is gone`;
      this.run.lease.stop(new RunFailure('ADY_PRIMARY_LOST', detail, [], { instance: oracleSid }));
      return;
    }
    if (this.secondaries.length > 0) await this.lookAtSecondaries();
  }

  private async lookAtSecondaries(): Promise<void> {
    const { controlPlane, claimed, log } = this.run;
    try {
      const { items } = await controlPlane.instancesOfRun(claimed);
      for (const secondary of this.secondaries) {
        const said = items.find(({ sid }) => sid === secondary.sid);
        const loss = said === undefined ? null : await this.lossOf(said);
        if (loss !== null) await this.lose(secondary, loss);
      }
    } catch (error) {
      log.warn({ runId: claimed.runId, err: error }, 'instances.look-failed'); // the next look is two seconds away
    }
  }

  /** An agent that fell silent proves nothing alone: the cluster must have lost the instance too. */
  private async lossOf({ state, silent, detail, hostName, sid }: RunInstance): Promise<Loss | null> {
    if (state === 'lost') return { why: detail ?? 'its host said so', goneForSeconds: 0 };
    if (!silent || (await runningInstances(this.run)).has(sid.toUpperCase())) return null;
    const why = `the agent on ${hostName} fell silent, and the cluster does not list the instance any more`;
    return { why, goneForSeconds: this.run.config.ADYTON_PRESENCE_TTL_SECONDS };
  }

  private async lose(secondary: Secondary, { why, goneForSeconds }: Loss): Promise<void> {
    const { controlPlane, claimed, lease, clock } = this.run;
    const { sid, hostName } = secondary;
    const { phase } = lease;
    this.secondaries = this.secondaries.filter((s) => s !== secondary);
    const at = clock.now().toISOString();
    const detail = `instance ${sid} on ${hostName} was lost at ${at} in phase ${phase}: ${why}`;
    this.losses.push({ instance: sid, detail });
    for (const listener of this.listeners) listener(secondary.place.connect, goneForSeconds);
    await controlPlane.instanceLost(claimed, { instance: sid, instanceHost: hostName, phase });
  }
}
