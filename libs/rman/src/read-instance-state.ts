// Whether RMAN leaves an instance running: it says so when it has started one and when it has shut one down.

const STARTED = 'Oracle instance started';
const SHUT_DOWN = 'Oracle instance shut down';

/** @param ran before RMAN printed these lines */
export function runsAfter(text: string, ran: boolean): boolean {
  const told = text.split(/\r?\n/).filter((line) => line === STARTED || line === SHUT_DOWN);
  return told.length === 0 ? ran : told.at(-1) === STARTED;
}
