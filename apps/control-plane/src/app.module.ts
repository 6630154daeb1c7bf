// The control-plane as Nest sees it: what it is made of comes in from outside, so that main and the specs wire the same application.
import { type Ledger } from '@adyton/ledger';
import { type RedisConnection } from '@adyton/queue';
import { type Logger } from '@adyton/runtime';
import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR } from '@nestjs/core';
import { LoggerModule } from 'nestjs-pino';
import { AlertsController } from './alerts/alerts.controller';
import { AgentDatabasesController } from './agent-api/agent-databases.controller';
import { AgentDryRunsController } from './agent-api/agent-dry-runs.controller';
import { AgentInstancesController } from './agent-api/agent-instances.controller';
import { AgentRunsController } from './agent-api/agent-runs.controller';
import { ClaimLine } from './agent-api/claim-line';
import { IngestController } from './agent-api/ingest.controller';
import { BackupRequestsController } from './backup-requests/backup-requests.controller';
import { RequestWork } from './backup-requests/request-work';
import { type Config } from './config';
import { DatabasesController } from './databases/databases.controller';
import { DryRunController } from './databases/dry-run.controller';
import { AgentDiscoveriesController } from './agent-api/agent-discoveries.controller';
import { DiscoveriesController } from './discoveries/discoveries.controller';
import { Doctor, type StoreProbe } from './doctor/doctor';
import { DoctorController } from './doctor/doctor.controller';
import { AboutController } from './health/about.controller';
import { ExplanationsController } from './explanations/explanations.controller';
import { ExternalRunsController } from './external-runs/external-runs.controller';
import { HealthController } from './health/health.controller';
import { HostsController } from './hosts/hosts.controller';
import { AnswerShape } from './http/answer-shape';
import { Idempotency } from './http/idempotency';
import { ProblemFilter } from './http/problem-filter';
import { requestLogging } from './http/request-logging';
import { TokenGuard } from './http/token-guard';
import { KeystoresController } from './keystores/keystores.controller';
import { NotificationChannelsController } from './notifications/notification-channels.controller';
import { PoliciesController } from './policies/policies.controller';
import { RecoveryPointsController } from './recovery-points/recovery-points.controller';
import { RetentionController } from './retention/retention.controller';
import { RestorePlansController } from './restore-plans/restore-plans.controller';
import { RunsController } from './runs/runs.controller';
import { SchedulesController } from './schedules/schedules.controller';
import { VaultKeeper } from './vault/vault-keeper';
import { VaultOperationsController } from './vault-operations/vault-operations.controller';
import { AgentPresences } from './wiring/agent-presence';
import { CONFIG, LEDGER, NEW_ID, REDIS, STORE_PROBE, type NewId } from './wiring/tokens';

export interface Parts {
  readonly config: Config;
  readonly log: Logger;
  readonly ledger: Ledger;
  readonly redis: RedisConnection;
  readonly vault: VaultKeeper;
  readonly probeStore: StoreProbe;
  readonly newId: NewId;
  readonly newRequestId: () => string;
}

@Module({})
export class AppModule {
  static of(parts: Parts): DynamicModule {
    return {
      module: AppModule,
      imports: [LoggerModule.forRoot(requestLogging(parts.log))],
      controllers: [
        HostsController,
        DatabasesController,
        DiscoveriesController,
        AgentDiscoveriesController,
        SchedulesController,
        PoliciesController,
        RetentionController,
        BackupRequestsController,
        RunsController,
        ExternalRunsController,
        RecoveryPointsController,
        RestorePlansController,
        VaultOperationsController,
        ExplanationsController,
        AlertsController,
        NotificationChannelsController,
        DoctorController,
        AgentDatabasesController,
        DryRunController,
        AgentDryRunsController,
        AgentInstancesController,
        AgentRunsController,
        IngestController,
        KeystoresController,
        HealthController,
        AboutController,
      ],
      providers: [
        { provide: CONFIG, useValue: parts.config },
        { provide: LEDGER, useValue: parts.ledger },
        { provide: REDIS, useValue: parts.redis },
        { provide: VaultKeeper, useValue: parts.vault },
        { provide: STORE_PROBE, useValue: parts.probeStore },
        { provide: NEW_ID, useValue: parts.newId },
        { provide: APP_FILTER, useValue: new ProblemFilter(parts.log) },
        { provide: APP_INTERCEPTOR, useClass: AnswerShape },
        AgentPresences,
        { provide: ClaimLine, useFactory: () => new ClaimLine() },
        Idempotency,
        RequestWork,
        TokenGuard,
        Doctor,
      ],
    };
  }
}
