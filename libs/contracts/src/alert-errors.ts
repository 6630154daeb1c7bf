// The part of the error catalog that is about alerts and their delivery.
import { type ErrorSpec } from './error-spec';

export const alertErrors = {
  ADY_ALERT_STATE: {
    http: 409,
    retry: 'never',
    exit: 1,
    title: 'The alert is not in a state that allows this',
    hint: 'a resolved alert stays resolved; if the cause comes back, a new alert opens',
  },
  ADY_CHANNELS_FULL: {
    http: 409,
    retry: 'operator',
    exit: 4,
    title: 'There are as many notification channels as there may be',
    hint: 'remove one that is not needed: adyton notify list, adyton notify remove CHANNEL',
  },
  ADY_CHANNEL_DISABLED: {
    http: 409,
    retry: 'operator',
    exit: 4,
    title: 'The notification channel is disabled',
    hint: 'enable it: adyton notify set CHANNEL --enable',
  },
  ADY_CHANNEL_SECRET: {
    http: 409,
    retry: 'operator',
    exit: 9,
    title: 'The signing secret of the channel cannot be opened',
    hint: 'the ledger belongs to another vault: remove the channel and add it again, which makes a new secret',
  },
  ADY_WEBHOOK_ADDRESS: {
    http: 409,
    retry: 'operator',
    exit: 4,
    title: 'The webhook leads to an address that is not allowed',
    hint: 'loopback, link-local and metadata addresses are refused; ADYTON_NOTIFY_ALLOWED_NETWORKS of the control-plane makes exceptions',
  },
  ADY_WEBHOOK_REFUSED: {
    http: 409,
    retry: 'later',
    exit: 1,
    title: 'The receiver did not take the notification',
    hint: 'it must answer with a status of 200 to 299 within ten seconds; redirects are not followed',
  },
  ADY_WEBHOOK_UNREACHABLE: {
    http: 409,
    retry: 'later',
    exit: 1,
    title: 'The receiver of the notification cannot be reached',
    hint: 'check its URL, name and certificate, and that the control-plane may reach it',
  },
  ADY_DELIVERY_ABANDONED: {
    http: 409,
    retry: 'later',
    exit: 1,
    title: 'The control-plane ended before the receiver answered',
    hint: 'nothing is to be done: an attempt that is left is made by another control-plane',
  },
} as const satisfies Record<string, ErrorSpec>;
