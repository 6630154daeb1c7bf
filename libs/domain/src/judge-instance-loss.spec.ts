// What a lost instance means for a backup, by its part in the run and what RMAN was at.
import { judgeInstanceLoss, type InstanceLoss } from './judge-instance-loss';

const secondary: InstanceLoss = {
  role: 'secondary',
  step: 'data',
  rman: 'working',
  restarts: 0,
  survivors: 2,
};

it.each(['none', 'data', 'logs', 'control-file'] as const)(
  'S5.2 the loss of the primary ends a run in step %s, whatever RMAN does',
  (step) => {
    for (const rman of ['working', 'stuck', 'nothing-moved', 'succeeded', 'failed'] as const)
      expect(judgeInstanceLoss({ ...secondary, role: 'primary', step, rman })).toBe('fail');
  },
);

it('S5.4 a secondary lost before RMAN starts or after its last script costs nothing', () => {
  expect(judgeInstanceLoss({ ...secondary, step: 'none' })).toBe('go-on');
});

it.each(['data', 'logs', 'control-file'] as const)(
  'S5.4 RMAN that goes on, or that ended well, is left alone in step %s',
  (step) => {
    expect(judgeInstanceLoss({ ...secondary, step, rman: 'working' })).toBe('go-on');
    expect(judgeInstanceLoss({ ...secondary, step, rman: 'succeeded' })).toBe('go-on');
  },
);

it('S5.4 channels that cannot be opened are tried once more without the instance, and no third time', () => {
  expect(judgeInstanceLoss({ ...secondary, rman: 'nothing-moved' })).toBe('start-again');
  expect(judgeInstanceLoss({ ...secondary, rman: 'nothing-moved', restarts: 1 })).toBe('fail');
});

it.each(['failed', 'stuck'] as const)(
  'S5.4 data files and logs that RMAN left undone (%s) are finished on the survivors',
  (rman) => {
    expect(judgeInstanceLoss({ ...secondary, rman })).toBe('finish-on-survivors');
    expect(judgeInstanceLoss({ ...secondary, step: 'logs', rman, restarts: 2 })).toBe('finish-on-survivors');
  },
);

it('S5.4 the control file is tried once more on the primary', () => {
  const failed: InstanceLoss = { ...secondary, step: 'control-file', rman: 'failed' };
  expect(judgeInstanceLoss(failed)).toBe('start-again');
  expect(judgeInstanceLoss({ ...failed, restarts: 1 })).toBe('fail');
});

it('fails when no instance is left', () => {
  expect(judgeInstanceLoss({ ...secondary, survivors: 0 })).toBe('fail');
});
