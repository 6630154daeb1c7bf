// adyton alert list | show | ack | resolve: what somebody should look at.
import {
  callRoute,
  restRoutes,
  type Alert,
  type AlertDetail,
  type Delivery,
  type RouteQuery,
} from '@adyton/contracts';
import { type Command } from 'commander';
import { print, type MakeContext } from '../context';
import { fields, table } from '../render/format';

type AlertQuery = NonNullable<RouteQuery<typeof restRoutes.listAlerts>>;

interface ListOptions {
  all?: boolean;
  state?: NonNullable<AlertQuery['state']>;
  severity?: NonNullable<AlertQuery['severity']>;
  database?: string;
}

export function addAlertCommands(program: Command, contextOf: MakeContext): void {
  const alert = program
    .command('alert')
    .description('what somebody should look at: list, show, ack, resolve');
  alert
    .command('list')
    .description('alerts that are not resolved, newest first')
    .option('--all', 'resolved ones too')
    .option('--state <state>', 'open, acknowledged or resolved')
    .option('--severity <severity>', 'info, warning or critical')
    .option('--database <database>', 'only this database, by name or id')
    .action(async ({ all, state, severity, database }: ListOptions, command: Command) => {
      const context = contextOf(command);
      const asked = state ?? (all === true ? undefined : 'unresolved');
      const query = {
        ...(asked === undefined ? {} : { state: asked }),
        ...(severity === undefined ? {} : { severity }),
        ...(database === undefined ? {} : { database }),
      };
      print(context, await callRoute(context.api, restRoutes.listAlerts, { query }), ({ items }) =>
        alertTable(items),
      );
    });
  alert
    .command('show')
    .argument('<alert>')
    .description('one alert, what to do, and who was told')
    .action(async (id: string, _options: unknown, command: Command) => {
      const context = contextOf(command);
      print(context, await callRoute(context.api, restRoutes.getAlert, { params: { id } }), detailText);
    });
  alert
    .command('ack')
    .argument('<alert>')
    .description('says that somebody has seen it')
    .option('--note <text>', 'what others should know')
    .action(async (id: string, { note }: { note?: string }, command: Command) => {
      const context = contextOf(command);
      const body = note === undefined ? {} : { note };
      print(
        context,
        await callRoute(context.api, restRoutes.acknowledgeAlert, { params: { id }, body }),
        alertText,
      );
    });
  alert
    .command('resolve')
    .argument('<alert>')
    .description('ends it by hand; alerts end by themselves when their cause is gone')
    .requiredOption('--reason <text>', 'goes into the audit trail')
    .action(async (id: string, { reason }: { reason: string }, command: Command) => {
      const context = contextOf(command);
      const call = { params: { id }, body: { reason } };
      print(context, await callRoute(context.api, restRoutes.resolveAlert, call), alertText);
    });
}

function alertTable(alerts: readonly Alert[]): string {
  if (alerts.length === 0) return 'no alerts';
  return table(
    ['ALERT', 'SEVERITY', 'STATE', 'KIND', 'DATABASE', 'COUNT', 'LAST SEEN (UTC)'],
    alerts.map((a) => [
      a.id,
      a.severity,
      a.state,
      a.kind,
      a.databaseName ?? '-',
      String(a.count),
      a.lastSeenAt,
    ]),
  );
}

function alertText(alert: Alert): string {
  const seen = `${alert.count} time(s), first ${alert.firstSeenAt}, last ${alert.lastSeenAt}`;
  return fields([
    ['alert', `${alert.id}  ${alert.kind}  ${alert.severity}  ${alert.state}`],
    ['what', alert.title],
    ['detail', alert.detail],
    ['database', alert.databaseName ?? '-'],
    ['host', alert.hostId ?? '-'],
    ['seen', seen],
    ...(alert.acknowledgedAt === null
      ? []
      : [
          [
            'acknowledged',
            `${alert.acknowledgedAt} by ${alert.acknowledgedBy ?? ''}: ${alert.note ?? '-'}`,
          ] as const,
        ]),
    alert.resolvedAt === null
      ? ['HINT', alert.hint]
      : ['resolved', `${alert.resolvedAt} by ${alert.resolvedBy ?? ''}: ${alert.resolution ?? ''}`],
  ]);
}

function detailText(alert: AlertDetail): string {
  const told = alert.deliveries.length === 0 ? 'no channel was told' : deliveryTable(alert.deliveries);
  return `${alertText(alert)}\n\n${told}`;
}

/** Deliveries with their last attempt. */
export function deliveryTable(deliveries: readonly Delivery[]): string {
  return table(
    ['DELIVERY', 'EVENT', 'STATE', 'ATTEMPTS', 'LAST ANSWER', 'NEXT ATTEMPT (UTC)'],
    deliveries.map((d) => [
      d.id,
      d.event,
      d.state,
      `${d.attempts.length}/${d.attemptsMax}`,
      lastAnswer(d),
      d.nextAttemptAt ?? '-',
    ]),
  );
}

function lastAnswer({ attempts, reason }: Delivery): string {
  const last = attempts.at(-1);
  if (last === undefined) return reason?.code ?? '-';
  return last.httpStatus === null ? (last.detail ?? '-') : String(last.httpStatus);
}
