// An instance runs from the moment RMAN says it has started until it says it has shut down, whatever else it prints.
import { runsAfter } from './read-instance-state';

it.each([
  ['', false, false],
  ['', true, true],
  ['\nOracle instance started\n\nTotal System Global Area     734003200 bytes\n', false, true],
  ['Oracle instance started\ndatabase mounted\nOracle instance shut down\n', false, false],
  ['Oracle instance shut down\n', true, false],
  ['\ndatabase is already started\n\nRecovery Manager complete.\n', false, false],
  ['ORA-01081: cannot start already-running ORACLE - shut it down first\n', false, false],
])('%j, where one ran before: %s, leaves one running: %s', (text, ran, runs) => {
  expect(runsAfter(text, ran)).toBe(runs);
});
