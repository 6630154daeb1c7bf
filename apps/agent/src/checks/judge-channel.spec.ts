// What the pre-check makes of RMAN's words about the channel it tried.
import { judgeChannel } from './judge-channel';

const END = '\n\nRecovery Manager complete.\n';
const opened = (instance: string): string =>
  `allocated channel: c1\nchannel c1: SID=148${instance} device type=SBT_TAPE\nchannel c1: Adyton 0.1.0\n\nreleased channel: c1${END}`;
const REFUSED = [
  'RMAN-00571: ===========================================================',
  'RMAN-03009: failure of allocate command on c1 channel at 11/26/2026 15:00:00',
  'ORA-19554: error allocating device, device type: SBT_TAPE, device name: ',
  'ORA-27211: Failed to load Media Management Library',
];

it.each([
  ['of a database of one instance', '', 'opened on ORCL1, with the library "Adyton 0.1.0"', 'ok'],
  ['on the instance it is for', ' instance=ORCL1', 'opened on ORCL1, with the library "Adyton 0.1.0"', 'ok'],
  ['on another instance', ' instance=ORCL2', 'the channel landed on ORCL2, not on ORCL1', 'failed'],
])('S4.6 a channel %s', (_where, instance, evidence, verdict) => {
  expect(judgeChannel({ output: opened(instance), exitCode: 0 }, 'ORCL1')).toMatchObject({
    ...{ code: 'channel', verdict, evidence },
  });
});

it('S4.6 a channel that RMAN cannot open is told in the words of RMAN', () => {
  const check = judgeChannel({ output: `${REFUSED.join('\n')}${END}`, exitCode: 1 }, 'ORCL1');
  expect(check).toMatchObject({
    verdict: 'failed',
    evidence: expect.stringMatching(/^RMAN-03009: .*; ORA-19554: .*; ORA-27211: Failed to load/) as string,
    hint: expect.stringContaining('ORA-27211') as string,
  });
});

it.each([
  [END, 0],
  [opened(''), 1],
  [opened(''), null],
])('S4.6 an rman that says nothing of a channel, or does not end well, opened none', (output, exitCode) => {
  expect(judgeChannel({ output, exitCode }, 'ORCL1')).toMatchObject({
    verdict: 'failed',
    evidence: `rman ended with exit code ${exitCode ?? 'none'} and told of no channel`,
  });
});
