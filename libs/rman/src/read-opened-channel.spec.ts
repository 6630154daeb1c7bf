// What RMAN prints when it allocates a channel, as published logs show it.
import { readOpenedChannel } from './read-opened-channel';

it.each([
  ['device type=SBT_TAPE', null],
  ['instance=ORCL2 device type=SBT_TAPE', 'ORCL2'],
])('reads a channel with %s', (place, instance) => {
  const output = `allocated channel: c1\nchannel c1: SID=148 ${place}\nchannel c1: Adyton 0.1.0\n\nreleased channel: c1\n`;
  expect(readOpenedChannel(output)).toEqual({ instance, library: 'Adyton 0.1.0' });
});

it.each([
  '',
  'allocated channel: c1\nchannel c1: SID=148 device type=DISK\n',
  'channel c1: SID=148 device type=SBT_TAPE\n',
])('finds no channel of ours in %j', (output) => {
  expect(readOpenedChannel(output)).toBeNull();
});
