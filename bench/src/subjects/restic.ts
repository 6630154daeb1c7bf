// restic as Debian 12 has it (0.14): repository format 2, compression `auto` (zstd at its library's default level; there is nothing lower
// but `off`), AES-256-CTR with Poly1305. Its cache lies beside the repository and counts for nothing.
import { join } from 'node:path';
import { filesBelow, timeCommand } from '../measure';
import { growthOf, type Subject } from './subject';

export async function openRestic(directory: string): Promise<Subject> {
  const repository = join(directory, 'repository');
  const env = {
    RESTIC_REPOSITORY: repository,
    RESTIC_PASSWORD: 'a password for the benchmark',
    RESTIC_CACHE_DIR: join(directory, 'cache'),
    HOME: directory,
  };
  const run = (argv: readonly string[], rest: { stdin?: string; sink?: (bytes: Buffer) => void } = {}) =>
    timeCommand({ argv: ['restic', ...argv], env, scratch: directory, ...rest });
  await run(['init', '--repository-version', '2']);
  return {
    name: 'restic',
    backUp: async (name, stream) => {
      const before = filesBelow(repository);
      const argv = ['backup', '--stdin', '--stdin-filename', name, '--compression', 'auto', '--json'];
      const { cost, stdout } = await run(argv, { stdin: stream.path });
      const after = filesBelow(repository);
      const growth = growthOf(before, after);
      const beside = growth.added.filter((path) => !path.startsWith('data/'));
      return {
        cost,
        bytesNew: (JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { data_added: number }).data_added,
        bytesStored: growth.bytes,
        bytesMetadata: beside.reduce((sum, path) => sum + (after.get(path) ?? 0), 0),
        objects: growth.added.length,
      };
    },
    restore: async (name, sink) =>
      (await run(['dump', 'latest', '--path', `/${name}`, name], { sink: sink.take })).cost,
    close: async () => undefined,
  };
}
