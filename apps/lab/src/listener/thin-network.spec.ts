// The listener on a hostile network: garbage, silence, sizes beyond the limits, fragments.
import { once } from 'node:events';
import { connect as connectSocket, createServer, type Socket } from 'node:net';
import { buildData, buildMarker, MARKER } from './packets';
import { failure, ThinLab } from './testing/thin-lab';

let lab: ThinLab;
beforeAll(async () => {
  lab = await ThinLab.create();
});
afterAll(() => lab.remove());

async function talk(port: number, bytes: Buffer): Promise<Buffer> {
  const socket = connectSocket(port, '127.0.0.1');
  const received: Buffer[] = [];
  socket.on('data', (chunk) => received.push(chunk));
  socket.on('error', () => undefined);
  socket.write(bytes);
  await once(socket, 'close');
  return Buffer.concat(received);
}

it('closes on garbage, and on calls before the login', async () => {
  lab.faults.length = 0;
  const connect = Buffer.alloc(160);
  const data = '(DESCRIPTION=(CONNECT_DATA=(SERVICE_NAME=orcl)))';
  connect.writeUInt16BE(74 + data.length, 0);
  connect[4] = 1;
  connect.writeUInt16BE(319, 8);
  connect.writeUInt16BE(data.length, 24);
  connect.writeUInt16BE(74, 26);
  connect.write(data, 74, 'latin1');
  const opening = connect.subarray(0, 74 + data.length);
  const call = buildData(Buffer.from('035e0100', 'hex'), 8192);
  call.writeUInt16BE(0x0800, 8);
  await talk(lab.port, Buffer.from('GET / HTTP/1.1\r\n\r\n'));
  await talk(lab.port, Buffer.concat([opening, call]));
  await talk(lab.port, buildMarker(MARKER.break));
  expect(lab.faults.length).toBe(3);
  await (await lab.login()).close();
});

it('closes connections that stay silent, and refuses those beyond the limit', async () => {
  const small = await lab.start({ limits: { sessionsMax: 1, loginTimeoutMs: 150 } });
  const silent = connectSocket(small.port, '127.0.0.1');
  await once(silent, 'connect');
  expect((await failure(lab.login({ connectString: lab.at(small.port) }))).message).toContain('ORA-12516');
  await once(silent, 'close');
  await (await lab.login({ connectString: lab.at(small.port) })).close();
});

it('survives a request larger than its limit and too many cursors', async () => {
  const small = await lab.start({ limits: { requestBytesMax: 20_000, cursorsPerSessionMax: 3 } });
  const connection = await lab.login({ connectString: lab.at(small.port), stmtCacheSize: 30 });
  for (let i = 0; i < 3; i += 1) await connection.execute(`select ${i} from dual`);
  expect((await failure(connection.execute('select 4 from dual'))).errorNum).toBe(1000);
  expect((await failure(connection.execute(`select '${'x'.repeat(30_000)}' from dual`))).code).toBe(
    'NJS-500',
  );
  await (await lab.login({ connectString: lab.at(small.port) })).close();
});

it('cuts a large reply, and the client fetches the rest', async () => {
  const executed: string[] = [];
  const evaluated = lab.options();
  const small = await lab.start({
    limits: { replyBytesMax: 1000 },
    execute: (request) => {
      executed.push(request.sql);
      return evaluated.execute(request);
    },
  });
  const connection = await lab.login({ connectString: lab.at(small.port) });
  const { rows } = await connection.execute<[number]>('select n from numbers order by n', [], {
    prefetchRows: 1000,
  });
  expect(rows?.map(([n]) => n)).toEqual(Array.from({ length: 500 }, (_, i) => i + 1));
  expect(executed.length).toBe(1);
  await connection.close();
});

it('reads requests and sends replies in fragments of any size', async () => {
  const proxy = createServer((client: Socket) => {
    const server = connectSocket(lab.port, '127.0.0.1');
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.on('data', (chunk) => {
        for (let i = 0; i < chunk.length; i += 1 + (i % 7)) to.write(chunk.subarray(i, i + 1 + (i % 7)));
      });
      from.on('end', () => to.end());
      from.on('error', () => to.destroy());
    }
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const address = proxy.address();
  const connection = await lab.login({
    connectString: lab.at(typeof address === 'object' ? (address?.port ?? 0) : 0),
  });
  const { rows } = await connection.execute<[number]>('select n, text from numbers order by n');
  expect(rows?.length).toBe(500);
  await connection.close();
  proxy.close();
  await once(proxy, 'close');
});
