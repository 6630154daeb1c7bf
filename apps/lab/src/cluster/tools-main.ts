/** srvctl, olsnodes and crsctl as commands: `tools-main.js <tool> --node NODE --base DIR <arguments of the tool>`. */
import { askControl } from '../instance/control-server';
import { readClusterFile } from './cluster-file';
import { type InstanceStates, type ToolName, TOOLS } from './tools';

const OWN_ARGUMENTS = 5;

async function main([tool = '', , node = '', , base = '', ...argv]: string[]): Promise<number> {
  const cluster = readClusterFile(base);
  if (!Object.hasOwn(TOOLS, tool) || cluster === undefined)
    throw new Error(`called with less than ${OWN_ARGUMENTS} arguments of the lab`);
  const { lines, exitCode } = TOOLS[tool as ToolName](argv, {
    cluster,
    node,
    states: await statesOf(cluster.controlSocket),
  });
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
  return exitCode;
}

/** No process, no instance: all are down. */
async function statesOf(socket: string): Promise<InstanceStates> {
  try {
    const rows = (await askControl(socket, { command: 'status' })) as { sid: string; state: string }[];
    return new Map(rows.map(({ sid, state }) => [sid, state]));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ECONNREFUSED') return new Map();
    throw error;
  }
}

main(process.argv.slice(2)).then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  },
);
