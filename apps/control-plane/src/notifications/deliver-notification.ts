// The job notification.deliver: takes the next attempt of a delivery, signs the message as Standard Webhooks says, sends it, and puts the outcome
// on record. Whether and when there is another attempt is the ledger's to say, so the job itself is never tried again.
import { AdytonError, type ErrorCode } from '@adyton/contracts';
import { type DeliveryId } from '@adyton/domain';
import {
  beginAttempt,
  endAttempt,
  type AttemptOutcome,
  type BegunAttempt,
  type Ledger,
} from '@adyton/ledger';
import { type Clock, type Logger } from '@adyton/runtime';
import { VaultError } from '@adyton/vault';
import { Webhook } from 'standardwebhooks';
import { VERSION } from '../version';
import { postWebhook } from './post-webhook';
import { type AddressGuard } from './webhook-address';

export interface DeliveryParts {
  readonly ledger: Ledger;
  readonly log: Logger;
  /** For the time in the signature, which the receiver compares with its own. */
  readonly clock: Clock;
  readonly isAllowed: AddressGuard;
  /** Opens the signing secret of a channel. @throws AdytonError when the vault cannot be opened; VaultError for a secret of another vault. */
  readonly unseal: (name: string, sealed: Uint8Array) => Promise<string>;
  /** From 0 to 1. */
  readonly randomFraction: () => number;
}

/** Standard Webhooks recommends 15 to 30 s; an alert is a few kilobytes, and ten seconds are long for taking it. */
const ATTEMPT_TIMEOUT_MS = 10_000;

export async function deliverNotification(parts: DeliveryParts, id: DeliveryId): Promise<void> {
  const { ledger, log, clock } = parts;
  const attempt = await beginAttempt(ledger.session, id, parts.randomFraction());
  if (attempt === null) return; // ended, under way elsewhere, or not due yet
  const startedMs = clock.monotonicMs();
  const told = await send(parts, attempt);
  const outcome: AttemptOutcome = { ...told, durationMs: clock.monotonicMs() - startedMs };
  await endAttempt(ledger.session, attempt, outcome);
  const fields = { deliveryId: id, channelId: attempt.channelId, attempt: attempt.attempt };
  const { httpStatus, failure } = outcome;
  if (failure === null) log.info({ ...fields, httpStatus }, 'notification.delivered');
  else log.warn({ ...fields, httpStatus, code: failure.code }, 'notification.not-delivered');
}

/** Failures that come back whenever it is tried: somebody has to change something first. */
const FINAL: readonly ErrorCode[] = ['ADY_WEBHOOK_ADDRESS', 'ADY_CHANNEL_SECRET'];

async function send(
  parts: DeliveryParts,
  attempt: BegunAttempt,
): Promise<Omit<AttemptOutcome, 'durationMs'>> {
  try {
    const httpStatus = await postWebhook({
      url: attempt.url,
      headers: signedHeaders(await secretOf(parts, attempt), attempt, parts.clock.now()),
      body: attempt.body,
      isAllowed: parts.isAllowed,
      timeoutMs: ATTEMPT_TIMEOUT_MS,
    });
    if (httpStatus >= 200 && httpStatus < 300) return { httpStatus, failure: null };
    const detail = `the receiver answered ${httpStatus}`;
    return { httpStatus, failure: { code: 'ADY_WEBHOOK_REFUSED', detail, isFinal: false } };
  } catch (error) {
    if (!(error instanceof AdytonError)) throw error;
    const { code, message: detail } = error;
    return { httpStatus: null, failure: { code, detail, isFinal: FINAL.includes(code) } };
  }
}

async function secretOf(parts: DeliveryParts, { channelId, secretSealed }: BegunAttempt): Promise<string> {
  try {
    return await parts.unseal(channelId, secretSealed);
  } catch (cause) {
    if (!(cause instanceof VaultError)) throw cause;
    throw new AdytonError(
      'ADY_CHANNEL_SECRET',
      `the secret of channel ${channelId} does not open`,
      {},
      { cause },
    );
  }
}

function signedHeaders(secret: string, attempt: BegunAttempt, at: Date): Record<string, string> {
  const { deliveryId, body } = attempt;
  return {
    'content-type': 'application/json',
    'user-agent': `Adyton/${VERSION}`,
    'webhook-id': deliveryId,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': new Webhook(secret).sign(deliveryId, at, body),
  };
}
