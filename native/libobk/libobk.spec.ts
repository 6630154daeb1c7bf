// The library as Oracle meets it: built from the sources, loaded by sbtcheck, talking to the real server of libs/sbt over a real
// socket. Everything runs against the normal build and against one under AddressSanitizer and UBSan.
import { serveSbt, type PieceInfo, SbtFailure, type SbtServer, type SbtSession } from '@adyton/sbt';
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Limits of a third build, short enough to see them expire. */
/** Longer than a busy machine holds this process up between two signs of life. */
const SHORT_LIMITS = '-DADY_SILENCE_LIMIT_MS=1500 -DADY_REQUEST_LIMIT_MS=6000 -DADY_CLOSE_LIMIT_MS=4000';
const TOKEN = 'a-token-that-nobody-guesses';
const SANITIZER_EXIT_CODE = 99;

interface Outcome {
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

function run(file: string, args: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
  return new Promise((resolve) => {
    const environment = { PATH: process.env['PATH'] ?? '', ...env };
    execFile(file, args, { env: environment, maxBuffer: 1 << 24 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : (error.code ?? String(error.signal)), stdout, stderr });
    });
  });
}

let folder: string;
let socketPath: string;
let tokenFile: string;
let environment: Record<string, string>;

async function make(...args: string[]): Promise<void> {
  const outcome = await run('make', ['--silent', '-C', __dirname, ...args]);
  expect(outcome).toEqual({ code: 0, stdout: '', stderr: '' });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'libobk-'));
  socketPath = join(folder, 's');
  tokenFile = join(folder, 'token');
  await writeFile(tokenFile, `${TOKEN}\n`);
  await chmod(tokenFile, 0o600);
  environment = {
    ADY_SOCK: socketPath,
    ADY_TOKEN_FILE: tokenFile,
    ADY_RUN: 'run_01TEST',
    ADY_CHANNEL: 'c1',
    ASAN_OPTIONS: `exitcode=${SANITIZER_EXIT_CODE}:detect_leaks=1`,
    UBSAN_OPTIONS: `exitcode=${SANITIZER_EXIT_CODE}:print_stacktrace=1`,
  };
  await make('all', `BUILD=${folder}/build`);
  await make('sanitize', `BUILD=${folder}/build`);
  await make('all', `BUILD=${folder}/build/short`, `DEFINES=${SHORT_LIMITS}`);
}, 120_000);
afterAll(() => rm(folder, { recursive: true }));

/** Runs sbtcheck of one build against its library. */
function sbtcheck(
  build: string,
  checks: readonly string[],
  env: Record<string, string> = {},
): Promise<Outcome> {
  const built = join(folder, 'build', build);
  return run(join(built, 'sbtcheck'), [join(built, 'libobk.so'), ...checks], { ...environment, ...env });
}

function expectAllOk(outcome: Outcome): void {
  expect(outcome.stdout.match(/^FAIL.*$/gm)).toBeNull();
  expect(outcome).toMatchObject({ code: 0, stderr: '' });
}

/** Pieces in memory; handles that end in a fault's name (see sbtcheck -list) make it happen. */
class Worker {
  readonly pieces = new Map<string, Buffer[]>();
  readonly ends: string[] = [];
  hellos: string[] = [];
  server: SbtServer | null = null;
  closeDelayMs = 0;
  /** After the second block of a piece. */
  writeDelayMs = 0;
  infoDelayMs = 0;

  async start(keepAliveEveryMs = 10_000): Promise<void> {
    this.server = await serveSbt({
      socketPath,
      keepAliveEveryMs,
      authorise: async (hello) => {
        if (hello.token !== TOKEN)
          throw new SbtFailure(7501, 'ADY_TOKEN_REFUSED: the token is not valid for this run');
        this.hellos.push(`${hello.runId} ${hello.channel} ${hello.libraryVersion}`);
        return this.session();
      },
    });
  }

  /** What a killed worker looks like from the other side of the socket. */
  drop(): void {
    void this.server?.close();
  }

  private async pause(ms: number): Promise<void> {
    if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
  }

  private session(): SbtSession {
    return {
      openPiece: async ({ handle }) => {
        if (this.pieces.has(handle)) throw new SbtFailure(7503, `ADY_PIECE_EXISTS: ${handle}`);
        const blocks: Buffer[] = [];
        return {
          write: (block) => {
            blocks.push(Buffer.from(block));
            if (blocks.length === 3 && handle.endsWith('-fail-write'))
              throw new SbtFailure(7501, 'ADY_UPLOAD_FAILED: the bucket is away');
            if (blocks.length === 3 && /\d-drop$/.test(handle)) this.drop();
            return this.writeDelayMs > 0 && blocks.length === 2 ? this.pause(this.writeDelayMs) : undefined;
          },
          close: async () => {
            await this.pause(this.closeDelayMs);
            if (handle.endsWith('-fail-close'))
              throw new SbtFailure(7501, 'ADY_CLOSE_DEADLINE: uploads do not advance');
            this.pieces.set(handle, blocks);
            return { label: 'vault-1', comment: `${blocks.length} blocks` };
          },
          abort: () => Promise.resolve(),
        };
      },
      readPiece: async ({ handle }) => {
        const blocks = this.pieces.get(handle);
        if (blocks === undefined) throw new SbtFailure(7502, `ADY_PIECE_NOT_FOUND: ${handle}`);
        // Runs of another size than the blocks: the library must not care.
        const bytes = Buffer.concat(blocks);
        let at = 0;
        return {
          read: async () => {
            if (at > 100_000 && handle.endsWith('-fail-read'))
              throw new SbtFailure(7501, 'ADY_PACK_MISSING: a pack is gone');
            if (at > 100_000 && handle.endsWith('-later-drop')) this.drop();
            const runBytes = 70_001;
            at += runBytes;
            return at - runBytes < bytes.length ? bytes.subarray(at - runBytes, at) : null;
          },
          close: () => Promise.resolve(),
        };
      },
      pieceInfo: async (handles) => {
        await this.pause(this.infoDelayMs);
        return handles.map((handle) => this.info(handle));
      },
      removePieces: async (handles) => {
        for (const handle of handles)
          if (!this.pieces.delete(handle)) throw new SbtFailure(7502, `ADY_PIECE_NOT_FOUND: ${handle}`);
      },
      command: () => Promise.resolve(),
      end: async (how) => {
        this.ends.push(how);
      },
    };
  }

  private info(handle: string): PieceInfo {
    const blocks = this.pieces.get(handle);
    if (blocks === undefined) return { handle, found: false };
    const bytes = blocks.reduce((sum, block) => sum + block.length, 0);
    return { handle, found: true, createdAtSeconds: 1_700_000_000, label: 'vault-1', comment: 'c', bytes };
  }
}

describe('the library file', () => {
  const nm = async () => (await run('nm', ['-D', join(folder, 'build/libobk.so')])).stdout;

  it('exports the seven names that Oracle looks for and nothing else', async () => {
    const exported = [...(await nm()).matchAll(/ [TDBRW] (\S+)$/gm)].map(([, name]) => name);
    expect(exported.sort()).toEqual([
      'sbtclose',
      'sbtinfo',
      'sbtinit',
      'sbtopen',
      'sbtread',
      'sbtremove',
      'sbtwrite',
    ]);
  });

  it('needs only libc, and none newer than 2.17, so that it loads on Oracle Linux 7', async () => {
    const { stdout } = await run('ldd', [join(folder, 'build/libobk.so')]);
    const needed = [...stdout.matchAll(/^\s*(\S+?)(?:\.so\S*)? /gm)].map(([, name]) => name);
    expect(needed.filter((name) => !/^(linux-vdso|libc|\/\S*ld-linux\S*)$/.test(name ?? ''))).toEqual([]);
    const versions = [...(await nm()).matchAll(/@GLIBC_(\d+)\.(\d+)/g)].map(
      ([, major, minor]) => Number(major) * 100 + Number(minor),
    );
    expect(Math.max(...versions)).toBeLessThanOrEqual(217);
  });

  it('never ends, forks or prints for the process it is loaded into', async () => {
    const used = [...(await nm()).matchAll(/ U ([A-Za-z_]+)/g)].map(([, name]) => name ?? '');
    const forbidden =
      /^(_*exit|abort|fork|v?fork|exec.*|system|popen|signal|sigaction|f?printf|puts|putchar|stdout|stderr|setenv|putenv)$/;
    expect(used.filter((name) => forbidden.test(name))).toEqual([]);
  });
});

describe.each(['', 'sanitize'])('build "%s"', (build) => {
  let worker: Worker;
  beforeEach(async () => {
    worker = new Worker();
    await worker.start();
  });
  afterEach(() => worker.server?.close());

  it('passes every check with a worker that works', async () => {
    const outcome = await sbtcheck(build, []);
    expectAllOk(outcome);
    expect(outcome.stdout).toMatch(/30 checks, 0 failed/);
    const { version } = JSON.parse(await readFile(join(__dirname, '../../package.json'), 'utf8')) as {
      version: string;
    };
    expect(outcome.stdout).toContain(`description Adyton ${version},`);
    expect(new Set(worker.hellos)).toEqual(new Set([`run_01TEST c1 ${version}`]));
    expect(worker.pieces.size).toBe(0);
    expect(worker.ends).toHaveLength(worker.hellos.length);
  }, 60_000);

  it('passes on the worker’s own words when it refuses a block', async () => {
    expectAllOk(
      await sbtcheck(build, ['worker-error'], { SBTCHECK_EXPECT: 'ADY_UPLOAD_FAILED: the bucket is away' }),
    );
  });

  it('fails sbtclose2 when the worker cannot make the piece durable', async () => {
    const expected = 'ADY_CLOSE_DEADLINE: uploads do not advance';
    expectAllOk(await sbtcheck(build, ['close-error'], { SBTCHECK_EXPECT: expected }));
  });

  it('fails sbtread2 when the worker cannot deliver the rest of a piece', async () => {
    expectAllOk(
      await sbtcheck(build, ['read-error'], { SBTCHECK_EXPECT: 'ADY_PACK_MISSING: a pack is gone' }),
    );
  });

  it('explains a worker that goes away while a piece is written, and lets no later call succeed', async () => {
    const outcome = await sbtcheck(build, ['connection-lost'], {
      SBTCHECK_EXPECT: 'ADY_SBT_CONNECTION_LOST',
    });
    expectAllOk(outcome);
    expect(outcome.stdout).toMatch(
      /the Adyton dedup-worker closed the connection while writing piece sbtcheck\//,
    );
    expect(outcome.stdout).toContain('| HINT: check that adyton-dedup-worker runs on this host (socket ');
  });

  it('explains a worker that goes away while a piece is read', async () => {
    const outcome = await sbtcheck(build, ['connection-lost-reading'], {
      SBTCHECK_EXPECT: 'ADY_SBT_CONNECTION_LOST',
    });
    expectAllOk(outcome);
    expect(outcome.stdout).toContain('while reading piece sbtcheck/');
  });

  it('fails the allocation when no worker listens', async () => {
    await worker.server?.close();
    const outcome = await sbtcheck(build, ['allocate-release']);
    expect(outcome).toMatchObject({ code: 1, stderr: '' });
    expect(outcome.stdout).toContain('7501 ADY_SBT_WORKER_UNREACHABLE');
  });

  it('fails the allocation with the worker’s own words when it refuses the token', async () => {
    const other = join(folder, 'other-token');
    await writeFile(other, 'stolen');
    await chmod(other, 0o600);
    const outcome = await sbtcheck(build, ['allocate-release'], { ADY_TOKEN_FILE: other });
    expect(outcome).toMatchObject({ code: 1, stderr: '' });
    expect(outcome.stdout).toContain('7501 ADY_TOKEN_REFUSED: the token is not valid for this run');
  });
});

describe('with short limits', () => {
  let worker: Worker;
  beforeEach(() => {
    worker = new Worker();
  });
  afterEach(() => worker.server?.close());

  it('waits longer than the silence limit for a worker that sends KEEPALIVE', async () => {
    worker.closeDelayMs = worker.writeDelayMs = worker.infoDelayMs = 2000;
    await worker.start(50);
    expectAllOk(await sbtcheck('short', ['round-trip-1m', 'not-found']));
  }, 30_000);

  it('takes a worker for dead that is silent while a piece is closed', async () => {
    worker.closeDelayMs = 3000;
    await worker.start();
    const outcome = await sbtcheck('short', ['round-trip-16k']);
    expect(outcome.stdout).toMatch(
      /sbtclose2 failed: 7501 ADY_SBT_WORKER_SILENT: the Adyton dedup-worker gave no sign of life/,
    );
    expect(outcome.code).toBe(1);
  });

  it('gives up a close that takes too long in spite of KEEPALIVE', async () => {
    worker.closeDelayMs = 6000;
    await worker.start(50);
    const outcome = await sbtcheck('short', ['round-trip-16k']);
    expect(outcome.stdout).toMatch(
      /7501 ADY_SBT_ANSWER_LATE: the Adyton dedup-worker did not answer in time while closing .* \| HINT: it lives/,
    );
  });
});

describe('with something else behind the socket', () => {
  let server: Server;
  const sockets = new Set<Socket>();
  const listen = (onConnection: (socket: Socket) => void) =>
    new Promise<void>((resolve) => {
      server = createServer((socket) => {
        sockets.add(socket);
        socket.on('error', () => undefined);
        onConnection(socket);
      }).listen(socketPath, resolve);
    });
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
    await new Promise((resolve) => server.close(resolve));
  });

  const frame = (type: number, sequence: number, payload = Buffer.alloc(0), version = 1) => {
    const header = Buffer.from([0x17, 0xad, version, type, 0, 0, 0, 0, 0, 0, 0, 0]);
    header.writeUInt32LE(payload.length, 4);
    header.writeUInt32LE(sequence, 8);
    return Buffer.concat([header, payload]);
  };
  const WELCOME = 2;
  const OPENED = 5;
  const DATA = 6;
  const CLOSED = 9;
  const INFO_LIST = 13;
  const ERROR = 18;

  it('gives up when nobody answers the greeting', async () => {
    await listen(() => undefined);
    const outcome = await sbtcheck('short', ['allocate-release']);
    expect(outcome.stdout).toContain(
      'ADY_SBT_WORKER_SILENT: the Adyton dedup-worker gave no sign of life for 1 s while greeting it',
    );
  });

  it('gives up a write when nobody reads and nobody says that he is alive', async () => {
    await listen((socket) => {
      socket.once('data', () => {
        socket.write(frame(WELCOME, 1));
        socket.once('data', () => {
          socket.pause();
          socket.write(frame(OPENED, 2));
        });
      });
    });
    expectAllOk(await sbtcheck('short', ['connection-lost'], { SBTCHECK_EXPECT: 'ADY_SBT_WORKER_SILENT' }));
  });

  it.each([
    [
      'does not speak the protocol',
      () => Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'),
      /sent something that is not a frame/,
    ],
    ['speaks another version', () => frame(WELCOME, 1, undefined, 2), /speaks another protocol version/],
    ['counts wrongly', () => frame(WELCOME, 7), /wrong length or out of order/],
    ['answers another question', () => frame(OPENED, 1), /sent an answer to another question/],
    ['sends an endless error', () => frame(ERROR, 1, Buffer.alloc(5000)), /sent an error that is too long/],
    ['sends a malformed error', () => frame(ERROR, 1, Buffer.alloc(4)), /sent a malformed error/],
  ])('refuses a server that %s', async (_what, reply, expected) => {
    await listen((socket) => {
      socket.once('data', () => socket.write(reply()));
    });
    const outcome = await sbtcheck('sanitize', ['allocate-release']);
    expect(outcome).toMatchObject({ code: 1, stderr: '' });
    expect(outcome.stdout).toContain('7501 ADY_SBT_PROTOCOL');
    expect(outcome.stdout).toMatch(expected);
  });

  it('survives hundreds of mutilated answers under the sanitizers', async () => {
    let state = 2026;
    const random = (below: number) => {
      state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
      return (state >>> 8) % below;
    };
    const found = Buffer.concat([
      Buffer.from([1, 0, 0, 0, 1]),
      Buffer.alloc(16, 1),
      Buffer.from([2, 0, 65, 66, 1, 0, 67]),
    ]);
    const conversation = () =>
      Buffer.concat([
        frame(WELCOME, 1),
        frame(random(2) === 0 ? OPENED : INFO_LIST, 2, random(2) === 0 ? Buffer.alloc(0) : found),
        frame(random(2) === 0 ? DATA : CLOSED, 3, Buffer.alloc(random(20_000))),
        frame(ERROR, 4, Buffer.from([0, 0, 0, 0, 0x4d, 0x1d, 0, 0, 2, 0, 65, 66])),
      ]);
    let conversations = 0;
    await listen((socket) => {
      conversations++;
      const bytes = conversation();
      for (let i = random(3); i > 0; i--) bytes[random(Math.min(bytes.length, 120))] = random(256);
      socket.resume();
      socket.once('data', () => socket.end(bytes));
    });
    const checks = [
      'exists',
      'not-found',
      'abort',
      'early-close',
      'many-names',
      'round-trip-16k',
      'command',
      'end-discards',
    ];
    for (let round = 0; round < 25; round++) {
      const outcome = await sbtcheck('sanitize', checks);
      expect(outcome).toMatchObject({ code: 1, stderr: '' });
    }
    expect(conversations).toBeGreaterThanOrEqual(200);
  }, 60_000);
});

describe('sbtcheck', () => {
  it('says what is wrong with a library that cannot be loaded', async () => {
    const outcome = await run(join(folder, 'build/sbtcheck'), ['/nonexistent/libother.so']);
    expect(outcome.code).toBe(1);
    expect(outcome.stdout).toMatch(/^FAIL {2}load .*cannot load it/);
  });

  it('refuses a library without the names that Oracle looks for', async () => {
    const outcome = await run(join(folder, 'build/sbtcheck'), ['libc.so.6']);
    expect(outcome.code).toBe(1);
    expect(outcome.stdout).toContain('sbtinit is missing (Oracle would answer ORA-27212)');
  });

  it('explains itself when it is called wrongly', async () => {
    const outcome = await run(join(folder, 'build/sbtcheck'), []);
    expect(outcome.code).toBe(2);
    expect(outcome.stderr).toMatch(/^usage: sbtcheck/);
  });
});
