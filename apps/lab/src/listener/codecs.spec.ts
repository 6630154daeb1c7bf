// The byte layouts against known vectors, without a socket.
import { Decimal } from '../sql/decimal';
import { OraError } from '../sql/ora-error';
import { SqlDate } from '../sql/sql-date';
import { decryptHex, encrypt, openPassword, serverProof, sessionKey, upperHex, verifierKey } from './auth';
import { decodeDate, encodeDate } from './date-codec';
import { decodeNumber, encodeNumber } from './number-codec';
import {
  buildAccept,
  buildData,
  buildMarker,
  buildRefuse,
  MARKER,
  PacketFramer,
  parseConnectData,
} from './packets';
import { makeVerifier } from './password-file';
import {
  dataTypesReply,
  errorOutcome,
  protocolReply,
  writeDescribe,
  writeOutcome,
  writeRow,
  writeRowHeader,
} from './replies';
import { openRequest, parseBindRows, parseExecute, parseReexecute } from './requests';
import { ProtocolError, WireReader, WireWriter } from './wire';

const hex = (text: string): Buffer => Buffer.from(text.replace(/\s/g, ''), 'hex');
const quoted = (text: string): string => Buffer.from(text).toString('hex');

describe('NUMBER', () => {
  it.each([
    ['0', '80'],
    ['1', 'c102'],
    ['-1', '3e6466'],
    ['10', 'c10b'],
    ['100', 'c202'],
    ['12.5', 'c10d33'],
    ['-12.5', '3e593366'],
    ['0.01', 'c002'],
    ['0.001', 'bf0b'],
    ['99', 'c164'],
    ['-99', '3e0266'],
    ['123456789', 'c502182e445a'],
    ['-123456789', '3a644e38220c66'],
    ['1e20', 'cb02'],
    ['9007199254740991', 'c85b08145d374b0a5c'],
    ['18446744073709551615', 'ca132d442d08260a381110'],
  ])('writes and reads %s as %s', (text, bytes) => {
    expect(encodeNumber(Decimal.of(text)).toString('hex')).toBe(bytes);
    expect(decodeNumber(hex(bytes)).toString()).toBe(Decimal.of(text).toString());
  });

  it('keeps all digits of 40-digit numbers, both signs', () => {
    for (const text of [
      '1234567890123456789012345678901234567890',
      '-.0001234567890123456789012345678901234567',
    ]) {
      expect(decodeNumber(encodeNumber(Decimal.of(text))).toString()).toBe(text);
    }
  });
});

describe('DATE', () => {
  it('writes 7 bytes and reads DATE and TIMESTAMP', () => {
    const date = SqlDate.fromIso('2026-11-21T23:59:58Z');
    expect(encodeDate(date).toString('hex')).toBe('787e0b15183c3b');
    expect(decodeDate(hex('787e0b15183c3b')).epochMs).toBe(date.epochMs);
    expect(decodeDate(hex('787e0102040506 28697580')).epochMs).toBe(Date.parse('2026-01-02T03:04:05.678Z'));
  });
});

describe('the 12C handshake', () => {
  const salt = hex('a0a1a2a3a4a5a6a7a8a9aaabacadaeaf');
  const cskSalt = hex('c0c1c2c3c4c5c6c7c8c9cacbcccdcecf');
  const serverPart = Buffer.from(Array.from({ length: 32 }, (_, i) => i));
  const clientPart = Buffer.from(Array.from({ length: 32 }, (_, i) => 0x10 + i));

  it('derives the keys, opens the password and proves itself as the client expects', async () => {
    const key = verifierKey(await makeVerifier('Oracle_1', salt, 4096));
    expect(upperHex(key)).toBe('4139CC4CFEB65EDB72D0A89EDD6CEC54F00FFB004B30F0FC6D31CD0A644D2693');
    expect(upperHex(encrypt(key, serverPart))).toBe(
      '8A7D80E69376AA9775B606E8F3117A5BB09CB9106CEB97CAB4532BF85E7F44D4',
    );
    expect(decryptHex(key, 'A895A9419AC95BB3F502E1863B2DB2AD410657D8CAAB8602DDD935CE067A4B47')).toEqual(
      clientPart,
    );
    const combo = await sessionKey(serverPart, clientPart, cskSalt);
    expect(upperHex(combo)).toBe('380A347F8EAB0208A810B8432ACD9F23F4EBBD1C51DBF6BAB9DAEC693DAB47AE');
    expect(openPassword(combo, 'FE91F5DFABF3E1375DAF27D09156ED040BBC2B3AFEDF6638AFC80A8F17594A4A')).toBe(
      'Oracle_1',
    );
    const random = Buffer.from(Array.from({ length: 16 }, (_, i) => 0x50 + i));
    expect(serverProof(combo, random)).toBe(
      '691469C5E26B8137395D6BD6FEFDB55778007944D7D52E5172B200FBB4FE65FE95EB6565DE043DF4FBE14112C3B44DF8',
    );
  });

  it('takes garbage for a wrong password', () => {
    const key = Buffer.alloc(32, 1);
    for (const text of ['', 'zz', '00', '00'.repeat(16), '00'.repeat(5000)])
      expect(openPassword(key, text)).toBeNull();
  });
});

describe('packets', () => {
  it('accepts in the short form', () => {
    expect(buildAccept(319, 8192).toString('hex')).toBe(
      hex(
        '002d00000200000001 3e000120 00ffff0001 0000002d0808 0000000000000000 00002000 00200000 00 00000000',
      ).toString('hex'),
    );
  });

  it('refuses with the number where the client looks for it', () => {
    expect(buildRefuse(12514).toString('latin1', 12)).toBe(
      '(DESCRIPTION=(TMP=)(VSNNUM=318767104)(ERR=12514)(ERROR_STACK=(ERROR=(CODE=12514)(EMFI=4))))',
    );
  });

  it('builds markers and whole replies', () => {
    expect(buildMarker(MARKER.interrupt).toString('hex')).toBe('0000000b0c000000010003');
    expect(buildData(dataTypesReply(), 8192).toString('hex')).toBe(
      hex('00000018060000000000 02 80000000 3c3c 3c80000000 0000').toString('hex'),
    );
    // as the vector, except for the 32K string bit in the last byte
    expect(buildData(protocolReply(), 8192).toString('hex')).toBe(
      hex(`0000006e060000000000 010600 4c696e7578207838365f3634204c414200 6903 01 0000 000b 000000000000000000 07d0
           3506000000000000 0c ${'00'.repeat(45)} 07 02010000000004`).toString('hex'),
    );
  });

  it('puts packets together from single bytes and cuts several out of one chunk', () => {
    const framer = new PacketFramer();
    framer.longHeaders = true;
    const stream = Buffer.concat([buildMarker(1), buildData(Buffer.from('abc'), 512), buildMarker(2)]);
    const types: number[] = [];
    for (const byte of stream) {
      framer.push(Buffer.from([byte]));
      for (let p = framer.next(); p !== null; p = framer.next()) types.push(p.type);
    }
    framer.push(stream);
    for (let p = framer.next(); p !== null; p = framer.next()) types.push(p.type);
    expect(types).toEqual([12, 6, 12, 12, 6, 12]);
    framer.push(hex('ffffffff06000000'));
    expect(() => framer.next()).toThrow(ProtocolError);
  });

  it('finds service, SID and client in connect data', () => {
    const text =
      '(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST=127.0.0.1)(PORT=1))(CONNECT_DATA=(SERVICE_NAME=orcl)(CID=(PROGRAM=node)(HOST=vm)(USER=root))))';
    expect(parseConnectData(text)).toEqual({
      serviceName: 'ORCL',
      sid: null,
      program: 'node',
      machine: 'vm',
      osUser: 'root',
    });
    expect(parseConnectData('(CONNECT_DATA=( sid = lab1 ))').sid).toBe('LAB1');
  });
});

describe('messages', () => {
  const columns = [
    { name: 'INSTANCE_NUMBER', type: 'NUMBER' as const, sizeBytes: 22, nullable: true },
    { name: 'INSTANCE_NAME', type: 'VARCHAR2' as const, sizeBytes: 16, nullable: true },
  ];

  it('describes columns and sends rows', () => {
    expect(writeDescribe(new WireWriter(), columns).toBuffer().toString('hex')).toBe(
      hex(`10 00 00 0102 00 02000081 0116 00000000 00 00 00 00 01 00 010f 0f ${quoted('INSTANCE_NUMBER')} 00 00 0101 00
           01000000 0110 00000000 020369 01 0110 00 01 00 010d 0d ${quoted('INSTANCE_NAME')} 00 00 0102 00 000000000000`).toString(
        'hex',
      ),
    );
    expect(writeRowHeader(new WireWriter(), 6, 1).toBuffer().toString('hex')).toBe('06000106000101000000');
    const row = writeRow(new WireWriter(), columns, [Decimal.ONE, 'orcl']).toBuffer();
    expect(row.toString('hex')).toBe(`0702c10204${quoted('orcl')}`);
  });

  it('ends a reply: success, an error with its place, the end of rows', () => {
    const state = { inTransaction: false };
    const success = writeOutcome(new WireWriter(), {
      ...state,
      cursor: 0,
      rowCount: 0,
      error: null,
    }).toBuffer();
    expect(success.toString('hex')).toBe(`040101${'00'.repeat(29)}`);
    const missing = new OraError(942, 'table or view does not exist', 14);
    expect(writeOutcome(new WireWriter(), errorOutcome(missing, state)).toBuffer().toString('hex')).toBe(
      hex(
        `04 0101 00 00 0203ae 00 00 00 010e ${'00'.repeat(20)} 0203ae 00 28 ${quoted('ORA-00942: table or view does not exist\n')}`,
      ).toString('hex'),
    );
    const end = { number: 1403, message: 'ORA-01403: no data found', position: null };
    expect(
      writeOutcome(new WireWriter(), { ...state, cursor: 1, rowCount: 1, error: end })
        .toBuffer()
        .toString('hex'),
    ).toBe(
      hex(
        `04 0101 00 0101 02057b 00 00 0101 00 ${'00'.repeat(20)} 02057b 0101 19 ${quoted('ORA-01403: no data found\n')}`,
      ).toString('hex'),
    );
  });

  it('reads an execute request', () => {
    const sql = 'select * from v$instance';
    const body =
      hex(`035e03 028061 00 01 0118 01 010d 000000 0102 047fffffff 00 00 0000000000 00 00 00 00 01 00 00 00 00 00 00 00 00
      ${'00'.repeat(5)} 0000 18 ${quoted(sql)} 0101 000000000000 0101 00 028000 000000`);
    const { code, reader } = openRequest(body);
    const request = parseExecute(reader);
    expect(code).toBe(94);
    expect(request).toMatchObject({
      cursor: 0,
      sql,
      isQuery: true,
      fetches: true,
      parseOnly: false,
      rowsWanted: 2,
      bindTypes: null,
    });
    expect(reader.remaining).toBe(0);
  });

  it('reads a re-execution with its binds', () => {
    const { reader } = openRequest(hex('034e07 0103 0102 0120 00 07 03c10d33 07787e0102040506'));
    expect(parseReexecute(reader)).toEqual({ cursor: 3, iterations: 2, commits: false });
    const type = { flags: 1, sizeBytes: 22, national: false };
    const [row] = parseBindRows(reader, [
      { type: 2, ...type },
      { type: 180, ...type },
    ]);
    expect(row?.[0]).toEqual(Decimal.of('12.5'));
    expect(row?.[1]).toEqual(SqlDate.fromIso('2026-01-02T03:04:05Z'));
  });

  it('takes every cut of a request for a broken one, except before its bind rows', () => {
    const body = hex('034e07 0103 0102 0120 00 07 03c10d33');
    for (let length = 0; length < body.length; length += 1) {
      const attempt = (): unknown => {
        const { reader } = openRequest(body.subarray(0, length));
        parseReexecute(reader);
        return parseBindRows(reader, [{ type: 2, flags: 1, sizeBytes: 22, national: false }]);
      };
      if (length !== 10) expect(attempt).toThrow(ProtocolError);
    }
  });

  it('writes and reads byte strings on both sides of the chunk limits', () => {
    for (const size of [0, 1, 252, 253, 32_767, 32_768, 100_000]) {
      const bytes = Buffer.alloc(size, 7);
      const read = new WireReader(new WireWriter().clr(bytes).toBuffer()).clr();
      expect(bytes.equals(read ?? Buffer.alloc(0))).toBe(true);
    }
  });
});
