// Which logs become a recovery point's own, when they lie in its run and when earlier runs wrote them.
import { type Scn } from '@adyton/domain';
import { type LogContents } from './point-contents';
import { withLogsNeeded } from './reconcile-logs';

const log = (sequence: number, handle: string): LogContents => ({
  thread: 1,
  sequence,
  resetlogsScn: '1' as Scn,
  firstScn: String(sequence * 100) as Scn,
  nextScn: String(sequence * 100 + 100) as Scn,
  handle,
});
const consistency = { redoFromScn: '250' as Scn, consistentScn: '600' as Scn };

it('S5.7 makes the logs between the first checkpoint and those of the run its own, each once', () => {
  const others = [log(1, 'x'), log(2, 'x'), log(3, 'x'), log(3, 'y'), log(4, 'z'), log(6, 'z')];
  const logs = withLogsNeeded([log(4, 'own'), log(5, 'own')], others, consistency);
  expect(logs.map((l) => [l.sequence, l.handle])).toEqual([
    [4, 'own'],
    [5, 'own'],
    [2, 'x'],
    [3, 'x'],
  ]);
});
