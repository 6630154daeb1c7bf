// A duty that is done again and again until the process ends. One that fails is logged and tried at the next tick: nothing here keeps
// state between ticks, so nothing is lost.
import { pause, type Logger } from '@adyton/runtime';

export interface Duty {
  readonly name: string;
  run(): Promise<void>;
  /** When it is wanted again, ms from now, where that is known; it is looked at no later than its tick anyway. */
  nextInMs?(): Promise<number | null>;
}

/** What comes due together is done together, ms. */
const PAUSE_MS_MIN = 50;

export interface Ticking {
  /** Finishes the duty in hand and ends. */
  stop(): Promise<void>;
}

export function startTicking(duty: Duty, everyMs: number, log: Logger): Ticking {
  const stopping = new AbortController();
  const loop = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      let pauseMs = everyMs;
      try {
        await duty.run();
        const nextInMs = (await duty.nextInMs?.()) ?? everyMs;
        pauseMs = Math.min(everyMs, Math.max(PAUSE_MS_MIN, nextInMs));
      } catch (error) {
        log.warn({ duty: duty.name, err: error }, 'duty.failed');
      }
      await pause(pauseMs, stopping.signal);
    }
  };
  const ended = loop();
  return {
    stop: async () => {
      stopping.abort();
      await ended;
    },
  };
}
