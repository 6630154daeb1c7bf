// A duty that is done again and again until the process ends. One that fails is logged and tried at the next tick: nothing here keeps
// state between ticks, so nothing is lost.
import { pause, type Logger } from '@adyton/runtime';

export interface Duty {
  readonly name: string;
  run(): Promise<void>;
}

export interface Ticking {
  /** Finishes the duty in hand and ends. */
  stop(): Promise<void>;
}

export function startTicking(duty: Duty, everyMs: number, log: Logger): Ticking {
  const stopping = new AbortController();
  const loop = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        await duty.run();
      } catch (error) {
        log.warn({ duty: duty.name, err: error }, 'duty.failed');
      }
      await pause(everyMs, stopping.signal);
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
