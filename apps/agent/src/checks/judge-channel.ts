// What became of the channel that a pre-check had RMAN open.
import { readOpenedChannel, readRmanOutput } from '@adyton/rman';
import { type RmanResult } from '../rman/run-rman';
import { checkThat, type Check } from './check-that';

/** Lines of RMAN's stack in the evidence: what failed, and below it why. */
const STACK_LINES_MAX = 20;

export function judgeChannel({ output, exitCode }: RmanResult, sid: string): Check {
  const { outcome } = readRmanOutput(output);
  if (outcome.kind === 'errors') return refused(outcome.stack.slice(0, STACK_LINES_MAX).join('; '));
  const opened = readOpenedChannel(output);
  if (exitCode !== 0 || opened === null)
    return refused(`rman ended with exit code ${exitCode ?? 'none'} and told of no channel`);
  const { instance, library } = opened;
  if (instance !== null && instance !== sid)
    return refused(`the channel landed on ${instance}, not on ${sid}`);
  return checkThat('channel', true, `opened on ${sid}, with the library "${library}"`);
}

function refused(evidence: string): Check {
  return checkThat('channel', false, evidence);
}
