// What hosts say of their instances, in the words administrators published and in words nobody expected.
import { listInstances, type Witnesses } from './list-instances';
import {
  parseDatabaseConfig,
  parseDatabaseNames,
  parseDatabaseStatus,
  parseListenerStatus,
  parseNodes,
  parseStackCheck,
} from './parse-cluster-tools';
import { parseOlrLocation, parseOratab } from './parse-host-files';

it('reads oratab: databases, without ASM, wildcards and comments, and hands back what it does not know', () => {
  const text = `# comment
SALES:/u01/app/oracle/product/19c/dbhome_1:N		# line added by Agent
+ASM1:/u01/app/19c/grid:N
-MGMTDB:/u01/app/19c/grid:N
*:/u01/client:N
shop:/u02/21c/:Y
what is this
BAD NAME:/u01:N
`;
  expect(parseOratab(text)).toEqual({
    items: [
      { name: 'SALES', oracleHome: '/u01/app/oracle/product/19c/dbhome_1' },
      { name: 'shop', oracleHome: '/u02/21c' },
    ],
    unknownLines: ['what is this', 'BAD NAME:/u01:N'],
  });
});

it('reads the grid home', () => {
  expect(
    parseOlrLocation(
      'olrconfig_loc=/u01/app/19c/cdata/n1.olr\ncrs_home=/u01/app/19c/grid\norplus_config=FALSE',
    ),
  ).toBe('/u01/app/19c/grid');
  expect(parseOlrLocation('nothing')).toBeNull();
});

it('reads the nodes of a cluster, with options and without', () => {
  expect(parseNodes('racnode1-0\t1\t<none>\tActive\tUnpinned\nrac2  2  rac2-vip  Active\n').items).toEqual([
    'racnode1-0',
    'rac2',
  ]);
  expect(parseNodes('PRCO-19: Failure retrieving list of nodes\n').items).toEqual([]);
});

it('reads where srvctl says instances run', () => {
  const text = `Instance RACDB1 is running on node racnode1-0 with online services racpdb. Instance status: Open.
Instance RACDB2 is not running on node racnode2-0
Instance RACDB3 is running on node racnode3-0. Instance status: Open.
Instance RACDB4 is running on node racnode4-0
Online relocation: INACTIVE
PRCX-0001 : unheard of`;
  expect(parseDatabaseStatus(text)).toEqual({
    items: [
      { sid: 'RACDB1', node: 'racnode1-0', running: true },
      { sid: 'RACDB2', node: 'racnode2-0', running: false },
      { sid: 'RACDB3', node: 'racnode3-0', running: true },
      { sid: 'RACDB4', node: 'racnode4-0', running: true },
    ],
    unknownLines: ['PRCX-0001 : unheard of'],
  });
});

it('reads names, homes and the state of the stack', () => {
  expect(parseDatabaseNames('RACDB\nSHOP\nPRKO-2000 : no\n')).toEqual({
    items: ['RACDB', 'SHOP'],
    unknownLines: ['PRKO-2000 : no'],
  });
  expect(
    parseDatabaseConfig('Database unique name: RACDB\nOracle home: /u01/19c\nDomain:\nType: RAC\n'),
  ).toEqual({ oracleHome: '/u01/19c', type: 'RAC' });
  const online =
    'CRS-4638: Oracle High Availability Services is online\nCRS-4537: Cluster Ready Services is online\n';
  expect(parseStackCheck(online)).toEqual({ online: true, unknownLines: [] });
  expect(parseStackCheck('CRS-4639: Could not contact Oracle High Availability Services').online).toBe(false);
});

it('reads where a listener takes connections', () => {
  const text = `Listening Endpoints Summary...
  (DESCRIPTION=(ADDRESS=(PROTOCOL=tcp)(HOST=db01)(PORT=1521)))
  (DESCRIPTION=(ADDRESS=(PROTOCOL=ipc)(KEY=EXTPROC1521)))
Services Summary...
Service "SALES" has 1 instance(s).
  Instance "SALES", status READY, has 1 handler(s) for this service...
Service "SALESXDB" has 1 instance(s).
  Instance "SALES", status READY, has 1 handler(s) for this service...
The command completed successfully`;
  expect(parseListenerStatus(text)).toEqual([
    { sid: 'SALES', host: 'db01', port: 1521, service: 'SALES' },
    { sid: 'SALES', host: 'db01', port: 1521, service: 'SALESXDB' },
  ]);
});

it('never throws, whatever a tool prints', () => {
  const noise = [
    '',
    '\0\x01\xff',
    ':::',
    'Instance',
    '('.repeat(5_000),
    'a'.repeat(100_000),
    '\r\n\r\n',
    '💥: 1',
  ];
  const parsers: ((text: string) => unknown)[] = [
    parseOratab,
    parseOlrLocation,
    parseNodes,
    parseDatabaseNames,
    parseDatabaseConfig,
    parseDatabaseStatus,
    parseStackCheck,
    parseListenerStatus,
  ];
  for (const parse of parsers) for (const text of noise) expect(() => parse(text)).not.toThrow();
});

describe('the instances of a host', () => {
  const pmon = (sid: string, fields = {}) => ({ sid, oracleHome: '/u01/19c', clustered: false, ...fields });
  const list = (witnesses: Partial<Witnesses>, below = '/') =>
    listInstances({ processes: [], oratab: [], cluster: null, ...witnesses }, below);

  it('are those that run, and those that are configured and down', () => {
    const oratab = [
      { name: 'SALES', oracleHome: '/u01/19c' },
      { name: 'SHOP', oracleHome: '/u01/21c' },
    ];
    expect(list({ processes: [pmon('SALES'), pmon('HAND')], oratab }).instances).toEqual([
      { sid: 'SALES', oracleHome: '/u01/19c', running: true, clustered: false },
      { sid: 'HAND', oracleHome: '/u01/19c', running: true, clustered: false },
      { sid: 'SHOP', oracleHome: '/u01/21c', running: false, clustered: false },
    ]);
  });

  it('of a cluster are told apart from the database that oratab names', () => {
    const cluster: Witnesses['cluster'] = {
      node: 'n1',
      homes: new Map([['RAC', '/u01/19c']]),
      seen: {
        online: true,
        nodes: ['n1', 'n2'],
        databases: [
          {
            dbUniqueName: 'RAC',
            instances: [
              { sid: 'RAC1', node: 'n1', running: false },
              { sid: 'RAC2', node: 'n2', running: true },
            ],
          },
        ],
      },
    };
    const oratab = [{ name: 'RAC', oracleHome: '/u01/19c' }];
    const down = { sid: 'RAC1', oracleHome: '/u01/19c', running: false, clustered: true };
    expect(list({ oratab, cluster }).instances).toEqual([down]);
    const running = [pmon('RAC1', { clustered: true })];
    expect(list({ oratab, cluster, processes: running }).instances).toEqual([{ ...down, running: true }]);
    expect(list({ oratab, processes: running }).instances).toEqual([{ ...down, running: true }]);
  });

  it('have the home that oratab names when the process does not show it, or are named as without one', () => {
    const processes = [pmon('SALES', { oracleHome: null }), pmon('LOST', { oracleHome: null })];
    const { instances, homeless } = list({
      processes,
      oratab: [{ name: 'SALES', oracleHome: '/u01/19c' }],
    });
    expect(instances.map((i) => [i.sid, i.oracleHome])).toEqual([['SALES', '/u01/19c']]);
    expect(homeless).toEqual(['LOST']);
  });

  it('are only those below the directory this agent looks after', () => {
    const processes = [pmon('IN', { oracleHome: '/u01/19c' }), pmon('OUT', { oracleHome: '/u011/19c' })];
    expect(list({ processes }, '/u01').instances.map((i) => i.sid)).toEqual(['IN']);
    const oratab = [{ name: 'OUT', oracleHome: '/u01/19c' }]; // ours has the same name, and is down
    expect(list({ processes, oratab }, '/u01').instances).toMatchObject([
      { sid: 'IN' },
      { sid: 'OUT', oracleHome: '/u01/19c', running: false },
    ]);
  });
});
