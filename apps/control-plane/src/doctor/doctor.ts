// Is everything there that a backup needs? Each check gives a verdict and, where it is not ok, what to do; none stops the others.
import { AdytonError, errorCatalog, type DoctorCheck } from '@adyton/contracts';
import { listDatabases, listHosts, readLastCompletions, type HostRecord, type Ledger } from '@adyton/ledger';
import { pingRedis, readEvictionPolicy, type RedisConnection } from '@adyton/queue';
import { Inject, Injectable } from '@nestjs/common';
import { VaultKeeper } from '../vault/vault-keeper';
import { AgentPresences } from '../wiring/agent-presence';
import { LEDGER, REDIS, STORE_PROBE } from '../wiring/tokens';

/** Proves that the object store can be written, read, listed and conditionally created. @returns what was proven. */
export type StoreProbe = () => Promise<string>;

/** Hosts and databases in one report. */
const ROWS_MAX = 200;

@Injectable()
export class Doctor {
  constructor(
    @Inject(LEDGER) private readonly ledger: Ledger,
    @Inject(REDIS) private readonly redis: RedisConnection,
    @Inject(STORE_PROBE) private readonly probeStore: StoreProbe,
    @Inject(VaultKeeper) private readonly vault: VaultKeeper,
    @Inject(AgentPresences) private readonly presences: AgentPresences,
  ) {}

  async examine(): Promise<DoctorCheck[]> {
    const parts = await Promise.all([
      this.checkLedger(),
      this.checkQueue(),
      check('object-store', this.probeStore),
      check('vault', async () => `vault ${await this.vault.open()} is open`),
      this.checkHosts(),
      this.checkDatabases(),
    ]);
    return parts.flat();
  }

  private checkLedger(): Promise<DoctorCheck> {
    return check('ledger', async () => {
      await this.ledger.ping();
      return 'Postgres answers';
    });
  }

  private async checkQueue(): Promise<DoctorCheck> {
    return check('queue', async () => {
      await pingRedis(this.redis);
      const policy = await readEvictionPolicy(this.redis);
      if (policy === 'noeviction') return 'Redis answers; maxmemory-policy is noeviction';
      throw new AdytonError('ADY_QUEUE_UNAVAILABLE', `maxmemory-policy is ${policy}; jobs need noeviction`);
    });
  }

  private async checkHosts(): Promise<DoctorCheck[]> {
    const hosts = await listHosts(this.ledger.session, { limit: ROWS_MAX }).catch(() => null);
    if (hosts === null) return []; // the ledger's own check says why
    if (hosts.items.length === 0) return [warning('hosts', 'no host is enrolled', 'adyton host enroll NAME')];
    return Promise.all(hosts.items.map((host) => this.checkHost(host)));
  }

  private async checkHost(host: HostRecord): Promise<DoctorCheck> {
    const name = `host ${host.name}`;
    const presence = await this.presences.read(host.id).catch(() => 'unknown' as const);
    if (presence === 'running')
      return { name, verdict: 'ok', detail: `agent ${host.agentVersion ?? ''} is running`, hint: '' };
    const last = host.lastSeenAt === null ? 'it never reported' : `last seen ${host.lastSeenAt}`;
    if (presence === 'unknown')
      return warning(name, `presence cannot be asked; ${last}`, errorCatalog.ADY_QUEUE_UNAVAILABLE.hint);
    const hint = errorCatalog.ADY_AGENT_NOT_RUNNING.hint;
    return { name, verdict: 'failed', detail: `its agent is not running; ${last}`, hint };
  }

  private async checkDatabases(): Promise<DoctorCheck[]> {
    const { session } = this.ledger;
    const databases = await listDatabases(session, { limit: ROWS_MAX }).catch(() => null);
    const completions = await readLastCompletions(session).catch(() => null);
    if (databases === null || completions === null) return [];
    return databases.items.map((database) => {
      const name = `database ${database.name}`;
      if (database.dbid === null)
        return warning(
          name,
          'its agent has not identified it yet',
          errorCatalog.ADY_DATABASE_UNREACHABLE.hint,
        );
      const last = completions.get(database.id);
      if (last === undefined)
        return warning(name, 'has no recovery point yet', `adyton backup ${database.name}`);
      return { name, verdict: 'ok', detail: `last recovery point completed ${last.toISOString()}`, hint: '' };
    });
  }
}

function warning(name: string, detail: string, hint: string): DoctorCheck {
  return { name, verdict: 'warning', detail, hint };
}

async function check(name: string, examine: () => Promise<string>): Promise<DoctorCheck> {
  try {
    return { name, verdict: 'ok', detail: await examine(), hint: '' };
  } catch (error) {
    const spec = error instanceof AdytonError ? error.spec : errorCatalog.ADY_INTERNAL;
    const detail = error instanceof AdytonError ? error.message : spec.title;
    return { name, verdict: 'failed', detail, hint: spec.hint };
  }
}
