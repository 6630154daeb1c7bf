// For specs only: a server on a socket of its own for each test, over pieces in memory. The test starts it, with the options it is about.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SbtFailure } from '../sbt-failure';
import { type SbtServer, type SbtServerOptions, serveSbt } from '../serve-sbt';
import { MemoryPieces } from './memory-session';

interface LoggedEvent {
  readonly event: string;
  readonly fields: Record<string, unknown>;
}

/** Lets whoever has the token `good` in. */
export function useSbtServer() {
  let folder: string;
  let server: SbtServer | undefined;
  let memory: MemoryPieces;
  let events: LoggedEvent[];
  const socketPath = (): string => join(folder, 's');
  const started = (): SbtServer => {
    if (server === undefined) throw new Error('the test has not started its server');
    return server;
  };
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sbt-'));
    server = undefined;
    memory = new MemoryPieces();
    events = [];
  });
  afterEach(async () => {
    await server?.close();
    await rm(folder, { recursive: true });
  });
  return {
    get path() {
      return socketPath();
    },
    get memory() {
      return memory;
    },
    get events() {
      return events;
    },
    get connections() {
      return started().connections;
    },
    start: async (options: Partial<SbtServerOptions> = {}): Promise<void> => {
      server = await serveSbt({
        socketPath: socketPath(),
        authorise: async (hello) => {
          if (hello.token !== 'good')
            throw new SbtFailure(7501, 'ADY_TOKEN_REFUSED: the token is not valid for this run');
          return memory.session();
        },
        log: (event, fields) => events.push({ event, fields }),
        ...options,
      });
    },
    close: (): Promise<void> => started().close(),
  };
}
