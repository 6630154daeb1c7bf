// The files of one run on this host: the SBT token and RMAN's command files, in a directory nobody else can read. Gone when the run ends.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export interface RunFiles {
  readonly directory: string;
  readonly tokenFile: string;
  /** Writes a command file and returns its path. */
  writeScript(name: string, text: string): Promise<string>;
  remove(): Promise<void>;
}

/** Where the token of a run is, or would be. */
export function tokenFileOf(stateDir: string, runId: string): string {
  return join(stateDir, 'runs', runId, 'token');
}

export async function createRunFiles(
  stateDir: string,
  run: { readonly runId: string; readonly sbtToken: string },
): Promise<RunFiles> {
  const tokenFile = tokenFileOf(stateDir, run.runId);
  const directory = dirname(tokenFile);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await writeFile(tokenFile, run.sbtToken, { mode: 0o600 });
  return {
    directory,
    tokenFile,
    writeScript: async (name, text) => {
      const path = join(directory, `${name}.rman`);
      await writeFile(path, text, { mode: 0o600 });
      return path;
    },
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}

/** What a crash of an earlier agent left: tokens of runs that are over. */
export async function removeStaleRunFiles(stateDir: string): Promise<void> {
  await rm(join(stateDir, 'runs'), { recursive: true, force: true });
}
