// LISTEN on a session of its own, so that a relay starts within milliseconds of a commit. A hint only: who waits also polls.
import { Client } from 'pg';
import { OUTBOX_CHANNEL } from './outbox';

export interface WakeUpOptions {
  readonly url: string;
  readonly onWake: () => void;
  /** Told why the session was lost; it is opened again after RECONNECT_MS. */
  readonly onError?: (error: Error) => void;
}

export interface WakeUps {
  close(): Promise<void>;
}

const RECONNECT_MS = 1_000;
const CONNECT_TIMEOUT_MS = 2_000;
/** A session that is gone without a word (power, firewall) is noticed by TCP after this idle time. */
const KEEP_ALIVE_MS = 10_000;

/** Resolves at once; listening begins as soon as Postgres can be reached and begins again whenever it was lost. */
export function listenForOutbox(options: WakeUpOptions): WakeUps {
  let closed = false;
  let client: Client | undefined;
  let timer: NodeJS.Timeout | undefined;
  const again = (error: Error): void => {
    client?.removeAllListeners();
    client?.on('error', () => undefined); // what a dying session still says interests nobody
    void client?.end().catch(() => undefined);
    client = undefined;
    if (closed) return;
    options.onError?.(error);
    timer = setTimeout(open, RECONNECT_MS);
  };
  const open = (): void => {
    const session = new Client({
      connectionString: options.url,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
      application_name: 'adyton-wake-up',
    });
    client = session;
    session.on('notification', options.onWake);
    session.on('error', again);
    session.on('end', () => again(new Error('the listening session ended')));
    session
      .connect()
      .then(() => session.query(`LISTEN ${OUTBOX_CHANNEL}`))
      .then(options.onWake, (error: unknown) => {
        if (client === session)
          again(error instanceof Error ? error : new Error('listening failed', { cause: error }));
      });
  };
  open();
  return {
    close: async () => {
      closed = true;
      clearTimeout(timer);
      const last = client;
      client = undefined;
      last?.removeAllListeners();
      last?.on('error', () => undefined);
      await last?.end().catch(() => undefined);
    },
  };
}
