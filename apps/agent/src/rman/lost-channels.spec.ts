// How long RMAN gets to give up the channels of an instance that is gone, with the clock moved by hand.
import { LostChannels } from './lost-channels';

const disabled = (channel: string) =>
  `channel ${channel} disabled, job failed on it will be run on another channel\n`;
beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

it('lets RMAN go on that gives up the channels of a lost instance in time', () => {
  using channels = new LostChannels(120);
  channels.lost(['c2', 'c5']);
  jest.advanceTimersByTime(100_000);
  channels.read(disabled('c2'));
  channels.read(`RMAN-03009: failure of backup command\n${disabled('c5')}`);
  jest.advanceTimersByTime(100_000);
  expect(channels.signal.aborted).toBe(false);
});

it('stops RMAN that keeps one of them for longer than its time, and no sooner', () => {
  using channels = new LostChannels(120);
  channels.lost(['c2', 'c5']);
  channels.read(disabled('c2'));
  jest.advanceTimersByTime(119_999);
  expect(channels.signal.aborted).toBe(false);
  jest.advanceTimersByTime(1);
  expect(channels.signal.aborted).toBe(true);
});

it('counts from the first loss, and knows what RMAN had said before', () => {
  using channels = new LostChannels(120);
  channels.read(disabled('c3'));
  channels.lost(['c2']);
  jest.advanceTimersByTime(60_000);
  channels.lost(['c3']);
  jest.advanceTimersByTime(60_000);
  expect(channels.signal.aborted).toBe(true);
});

it('counts from the moment at which the instance was gone, not from when its silence was noticed', () => {
  using channels = new LostChannels(120);
  channels.lost(['c2'], 15);
  jest.advanceTimersByTime(104_999);
  expect(channels.signal.aborted).toBe(false);
  jest.advanceTimersByTime(1);
  expect(channels.signal.aborted).toBe(true);
});

it('does not wait for an instance without channels', () => {
  using channels = new LostChannels(120);
  channels.lost([]);
  jest.advanceTimersByTime(200_000);
  expect(channels.signal.aborted).toBe(false);
});
