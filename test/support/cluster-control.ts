// The control socket of a simulated cluster: what labctl asks, without a process for each question.
import { readClusterFile } from '../../apps/lab/src/cluster/cluster-file';
import { askControl, type ControlRequest } from '../../apps/lab/src/instance/control-server';

export interface FaultToArm {
  readonly fault?: string;
  /** Times the phase passes before. */
  readonly after?: number;
}

export class ClusterControl {
  private socket: string | undefined;

  /** @param base directory of the cluster */
  constructor(private readonly base: string) {}

  instance(command: 'start' | 'crash' | 'hang' | 'resume', sid: string): Promise<unknown> {
    return this.ask({ command, sid });
  }

  /** OPEN, DOWN, HANGING …, by instance. */
  async states(): Promise<Map<string, string>> {
    const rows = (await this.ask({ command: 'status' })) as { sid: string; state: string }[];
    return new Map(rows.map(({ sid, state }) => [sid, state]));
  }

  /** The instance dies (or hangs) when it comes to the phase. */
  async arm(sid: string, phase: string, options: FaultToArm = {}): Promise<void> {
    const { fault = 'instance-crash', after = 0 } = options;
    await this.ask({ command: 'fault-arm', sid, fault, options: { phase, after } });
  }

  /** Takes back what never struck, and starts what is down. @returns the instances that were not open */
  async heal(): Promise<string[]> {
    for (const sid of (await this.states()).keys()) await this.ask({ command: 'fault-clear', sid });
    const struck = [...(await this.states())].filter(([, state]) => state !== 'OPEN');
    for (const [sid, state] of struck) await this.instance(state === 'HANGING' ? 'resume' : 'start', sid);
    return struck.map(([sid]) => sid);
  }

  private ask(request: ControlRequest): Promise<unknown> {
    this.socket ??= readClusterFile(this.base)?.controlSocket ?? '';
    return askControl(this.socket, request);
  }
}
