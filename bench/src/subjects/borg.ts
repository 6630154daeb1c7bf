// borg as Debian 12 has it (1.2.4): zstd level 1, `repokey` (AES-CTR with HMAC-SHA256, the faster of its modes where the processor has SHA
// instructions). Once with its own chunks of about 2 MiB, once tuned to 64 KiB, which is the best it can do for this kind of data.
import { join } from 'node:path';
import { filesBelow, timeCommand } from '../measure';
import { growthOf, type Subject } from './subject';

/** Smallest and largest chunk as powers of two, bits of the mean, window. */
const TUNED_CHUNKER = 'buzhash,14,18,16,4095';

export const openBorg = (directory: string): Promise<Subject> => open('borg', directory, []);
export const openTunedBorg = (directory: string): Promise<Subject> =>
  open('borg-tuned', directory, ['--chunker-params', TUNED_CHUNKER]);

interface BorgStatistics {
  readonly cache: { readonly stats: { readonly unique_size: number } };
}

async function open(
  name: 'borg' | 'borg-tuned',
  directory: string,
  chunker: readonly string[],
): Promise<Subject> {
  const repository = join(directory, 'repository');
  const env = {
    BORG_PASSPHRASE: 'a passphrase for the benchmark',
    BORG_BASE_DIR: join(directory, 'base'),
    HOME: directory,
  };
  const run = (argv: readonly string[], rest: { stdin?: string; sink?: (bytes: Buffer) => void } = {}) =>
    timeCommand({ argv: ['borg', ...argv], env, scratch: directory, ...rest });
  let uniqueBytes = 0;
  await run(['init', '--encryption', 'repokey', repository]);
  return {
    name,
    backUp: async (archive, stream) => {
      const before = filesBelow(repository);
      const argv = ['create', '--json', '--compression', 'zstd,1', ...chunker];
      const { cost, stdout } = await run([...argv, `${repository}::${archive}`, '-'], { stdin: stream.path });
      const growth = growthOf(before, filesBelow(repository));
      const unique = (JSON.parse(stdout) as BorgStatistics).cache.stats.unique_size;
      const bytesNew = unique - uniqueBytes;
      uniqueBytes = unique;
      return {
        cost,
        bytesNew,
        bytesStored: growth.bytes,
        bytesMetadata: null, // borg mixes data and its own records in the same segments
        objects: growth.added.length,
      };
    },
    restore: async (archive, sink) =>
      (await run(['extract', '--stdout', `${repository}::${archive}`], { sink: sink.take })).cost,
    close: async () => undefined,
  };
}
