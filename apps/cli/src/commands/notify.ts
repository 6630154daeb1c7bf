// adyton notify list | add | set | remove | test | deliveries: where alerts are sent to.
import {
  AdytonError,
  callRoute,
  restRoutes,
  type ChangeChannel,
  type Delivery,
  type NotificationChannel,
} from '@adyton/contracts';
import { type Command } from 'commander';
import { setTimeout as sleep } from 'node:timers/promises';
import { print, type CommandContext, type MakeContext } from '../context';
import { fields, table } from '../render/format';
import { errorOfReason } from '../watch-run';
import { deliveryTable } from './alert';

type Severity = NotificationChannel['minSeverity'];

/** How often a test is asked for, and how long: its one attempt takes ten seconds at most once a control-plane has it, ms. */
const POLL_MS = 200;
const TEST_WAIT_MS = 30_000;

export function addNotifyCommands(program: Command, contextOf: MakeContext): void {
  const notify = program.command('notify').description('where alerts are sent to, as signed webhooks');
  addChannelCommands(notify, contextOf);
  addLookingCommands(notify, contextOf);
}

function addChannelCommands(notify: Command, contextOf: MakeContext): void {
  notify
    .command('add')
    .argument('<name>')
    .description('adds a webhook; its signing secret is shown this once')
    .requiredOption('--to <url>', 'where the messages go, http or https')
    .option('--min-severity <severity>', 'info, warning or critical (default: warning)')
    .action(async (name: string, options: { to: string; minSeverity?: Severity }, command: Command) => {
      const context = contextOf(command);
      const { to: url, minSeverity } = options;
      const body = { name, url, ...(minSeverity === undefined ? {} : { minSeverity }) };
      print(
        context,
        await callRoute(context.api, restRoutes.createNotificationChannel, { body }),
        (c) =>
          `${channelText(c)}\nsecret   ${c.secret}\ngive the secret to the receiver: it checks the signatures with it, and it is not shown again`,
      );
    });
  notify
    .command('set')
    .argument('<channel>', 'name or id')
    .description('changes what is named')
    .option('--to <url>', 'where the messages go, http or https')
    .option('--min-severity <severity>', 'info, warning or critical')
    .option('--name <name>', 'new name')
    .option('--enable', 'send to it')
    .option('--disable', 'send nothing to it')
    .action(async (channel: string, options: SetOptions, command: Command) => {
      const context = contextOf(command);
      const call = { params: { channel }, body: changeOf(options) };
      print(context, await callRoute(context.api, restRoutes.changeNotificationChannel, call), channelText);
    });
  notify
    .command('remove')
    .argument('<channel>', 'name or id')
    .description('removes a channel with what was not delivered yet')
    .action(async (channel: string, _options: unknown, command: Command) => {
      const context = contextOf(command);
      await callRoute(context.api, restRoutes.deleteNotificationChannel, { params: { channel } });
      print(context, { channel, removed: true }, () => `channel ${channel} removed`);
    });
}

function addLookingCommands(notify: Command, contextOf: MakeContext): void {
  notify
    .command('list')
    .description('channels')
    .action(async (_options: unknown, command: Command) => {
      const context = contextOf(command);
      const listed = await callRoute(context.api, restRoutes.listNotificationChannels, {});
      print(context, listed, ({ items }) => channelTable(items));
    });
  notify
    .command('test')
    .argument('<channel>', 'name or id')
    .description('sends a test message, once, and says what the receiver answered')
    .action(async (channel: string, _options: unknown, command: Command) => {
      const context = contextOf(command);
      const ended = await untilDelivered(context, channel);
      print(context, ended, (d) => deliveryTable([d]));
      if (ended.state === 'failed') throw errorOfReason(ended.reason, `delivery ${ended.id} failed`);
    });
  notify
    .command('deliveries')
    .argument('<channel>', 'name or id')
    .description('what was sent to a channel, newest first')
    .action(async (channel: string, _options: unknown, command: Command) => {
      const context = contextOf(command);
      const page = await callRoute(context.api, restRoutes.listDeliveries, { params: { channel } });
      print(context, page, ({ items }) =>
        items.length === 0 ? 'nothing was sent to it yet' : deliveryTable(items),
      );
    });
}

interface SetOptions {
  to?: string;
  minSeverity?: Severity;
  name?: string;
  enable?: boolean;
  disable?: boolean;
}

function changeOf({ to: url, minSeverity, name, enable, disable }: SetOptions): ChangeChannel {
  return {
    ...(url === undefined ? {} : { url }),
    ...(minSeverity === undefined ? {} : { minSeverity }),
    ...(name === undefined ? {} : { name }),
    ...(enable === true ? { enabled: true } : {}),
    ...(disable === true ? { enabled: false } : {}),
  };
}

/** @throws AdytonError ADY_QUEUE_UNAVAILABLE when nobody took it. */
async function untilDelivered(context: CommandContext, channel: string): Promise<Delivery> {
  let delivery = await callRoute(context.api, restRoutes.testNotificationChannel, { params: { channel } });
  for (let waitedMs = 0; delivery.state === 'pending'; waitedMs += POLL_MS) {
    if (waitedMs > TEST_WAIT_MS)
      throw new AdytonError(
        'ADY_QUEUE_UNAVAILABLE',
        `delivery ${delivery.id} was not made within ${TEST_WAIT_MS / 1000} s`,
      );
    await sleep(POLL_MS);
    delivery = await callRoute(context.api, restRoutes.getDelivery, { params: { id: delivery.id } });
  }
  return delivery;
}

function channelTable(channels: readonly NotificationChannel[]): string {
  if (channels.length === 0) return 'no channels yet; add one with: adyton notify add NAME --to URL';
  return table(
    ['ID', 'NAME', 'ENABLED', 'FROM', 'URL'],
    channels.map((c) => [c.id, c.name, c.enabled ? 'yes' : 'no', c.minSeverity, c.url]),
  );
}

function channelText(channel: NotificationChannel): string {
  return fields([
    ['channel', `${channel.name}  ${channel.id}  ${channel.enabled ? 'enabled' : 'disabled'}`],
    ['told of', `${channel.minSeverity} and worse`],
    ['url', channel.url],
  ]);
}
