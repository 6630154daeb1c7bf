// Every statement the product sends, executed and not matched: the unmodified oracledb client, the lab's listener and SQL evaluator, and
// of each statement a reworded variant that must answer the same rows. Wrong variants get Oracle's numbers.
import type oracledb from 'oracledb';
import { ThinLab } from '../../apps/lab/src/listener/testing/thin-lab';
import { sampleControlFile } from '../../apps/lab/src/views/testing/sample-database';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { QUERIES } from '../../libs/oracle/src/queries';
import { killStatement, type RmanSession } from '../../libs/oracle/src/rman-sessions';

const ROOT = join(__dirname, '../..');
/** Of every session of the sample. */
const SERIAL = 7;
/** What begins a statement in a string. */
const STATEMENT =
  /['"`]\s*(SELECT\s+[\w.*]+|ALTER\s+(SYSTEM|SESSION|DATABASE)|BEGIN\s|INSERT\s+INTO|UPDATE\s+\w+\s+SET)/;

type QueryName = keyof typeof QUERIES;

/** The same questions as another author would write them: case, aliases, order of tables and conditions, subqueries for joins. */
const REWORDED: Readonly<Record<QueryName, string>> = {
  database: `select d.DBID, d.NAME, d.DB_UNIQUE_NAME, d.LOG_MODE, d.OPEN_MODE, d.DATABASE_ROLE, d.PLATFORM_NAME,
    d."RESETLOGS_CHANGE#", d.CURRENT_SCN from sys.v_$database d where d.dbid is not null`,
  container: `select x.con_id from (select sys_context ( 'userenv' , 'con_id' ) as con_id from sys.dual) x`,
  pluggableDatabases: `select v.con_uid, v.name, (select x.status from dba_pdbs x where x.pdb_id = v.con_id) as status
    from sys.v_$pdbs v order by v.con_id`,
  recoveryArea: `select r.space_limit, r.space_used, r.space_reclaimable from sys.v_$recovery_file_dest r where 1 = 1`,
  instance:
    'select i.instance_name, i.version_full, i.status from gv$instance i where i.inst_id = 1 -- this one',
  instances: `select g.instance_name from sys.gv_$instance g where g.status in ('OPEN') order by g.inst_id asc`,
  spfile: `select p.value from v$parameter p where lower(p.name) in ('spfile')`,
  recordKeepDays: `select p.value from v$parameter p where upper(p.name) = 'CONTROL_FILE_RECORD_KEEP_TIME' and 1 = 1`,
  controlFiles: `select p.name, p.value from sys.v_$parameter2 p where lower(p.name) in ('control_files') order by p.ordinal asc`,
  dataFiles: `select * from (select d.file#, d.name, s.name tablespace, d.bytes, d.block_size, d.status, d.enabled, d.creation_change#,
      d.checkpoint_change#, d.unrecoverable_change#, d.plugged_in, d.plugin_change#,
      (select v.con_uid from sys.v_$pdbs v where v.con_id = d.con_id) as con_uid,
      (select v.open_mode from sys.v_$pdbs v where v.con_id = d.con_id) as open_mode, e.error header_error
    from v$tablespace s, v$datafile_header e right outer join v$datafile d on d.file# = e.file#
    where d.con_id = s.con_id and s.ts# = d.ts#) order by 1`,
  bases: `select bd.file#, bd.incremental_level, bd.checkpoint_change#, bp.handle, bp.device_type, bp.stamp
    from v$database db, v$datafile df, v$backup_piece bp, v$backup_datafile bd
    where db.resetlogs_change# = bd.resetlogs_change# and bp.piece# < 2 and bp.status in ('A')
      and bd.incremental_level >= 0 and bd.incremental_level <= 1
      and (df.file#, df.creation_change#) in ((bd.file#, bd.creation_change#))
      and bp.set_count = bd.set_count and bd.set_stamp = bp.set_stamp
    union all
    select cp.file#, 0, cp.checkpoint_change#, cp.name, 'DI' || 'SK', cp.stamp
    from sys.v_$datafile_copy cp, v$database db, v$datafile df
    where not (cp.status <> 'A' or cp.name is null) and nvl(cp.incremental_level, 1) = 0 and cp.resetlogs_change# = db.resetlogs_change#
      and (df.file#, df.creation_change#) in ((cp.file#, cp.creation_change#))`,
  configuration: `select c.name, case when c.name <> 'CHANNEL' then c.value end from v$rman_configuration c order by c.conf#`,
  archivedLogs: `select l.thread#, l.sequence#, l.resetlogs_change#, l.first_change#, l.next_change#, l.block_size * l.blocks as bytes, l.name,
      trunc((sysdate - l.completion_time) / (1 / 24)) as age_hours
    from v$archived_log l where not (l.name is null or l.status <> 'A' or l.deleted != 'NO') and nvl(l.standby_dest, 'NO') = 'NO'
    order by l.thread# asc, l.sequence# asc`,
  backupPieces: `select x.handle, x.set_stamp, x.set_count, x.status, x.bytes, x.tag from (select * from v$backup_piece) x
    where x.handle like :any_name`,
  listedPieces: `select p.handle, p.status from sys.v_$backup_piece p where not (p.status = 'D' or p.device_type <> 'SBT_TAPE')`,
  backupDataFiles: `select bd.file#, bd.set_stamp, bd.set_count, bd.incremental_level, bd.incremental_change#, bd.checkpoint_change#,
      bd.absolute_fuzzy_change#, bd.resetlogs_change#, bp.handle from v$backup_piece bp inner join v$backup_datafile bd
    on bp.set_count = bd.set_count and bp.set_stamp = bd.set_stamp
    where case when bp.status = 'A' and bd.file# <> 0 then 1 end = 1 order by bd.file#, bd.set_stamp, bd.set_count, bp.piece#`,
  backupControlFiles: `select bp.handle, bd.checkpoint_change# from v$backup_piece bp, v$backup_datafile bd
    where bd.set_stamp = bp.set_stamp and bp.set_count = bd.set_count and not bd.file# <> 0 and bp.piece# = 1 and bp.status = 'A'
    order by bd.checkpoint_change#, bd.recid`,
  backupSpfiles: `select bp.handle from v$backup_piece bp inner join v$backup_spfile s
    on s.set_count = bp.set_count and s.set_stamp = bp.set_stamp where bp.status = 'A' and bp.piece# < 2 order by s.recid`,
  backupRedoLogs: `select r.thread#, r.sequence#, r.resetlogs_change#, r.first_change#, r.next_change#, bp.handle
    from v$backup_piece bp, v$backup_redolog r where r.set_stamp = bp.set_stamp and r.set_count = bp.set_count
    and bp.status || bp.piece# = 'A1' order by 1, 2`,
  blocksOfLevel1: `select b.file#, b.block_size * b.blocks, b.block_size * b.blocks_read, b.block_size * b.datafile_blocks, b.used_change_tracking
    from sys.v_$backup_datafile b
    where b.incremental_level = 1 and not b.file# = 0 order by b.completion_time desc`,
  corruptBlocks: `select c.file#, c.block#, c.blocks, c.corruption_type, (select d.name from v$datafile d where d.file# = c.file#) as name
    from sys.v_$database_block_corruption c order by 1, 2`,
  releases: `select i.instance_name, i.version_full, i.thread#, i.parallel from sys.gv_$instance i where i.inst_id > 0 order by i.inst_id`,
  banner: `select v.banner from sys.v_$version v where instr(v.banner, 'Database') > 0 and substr(v.banner, 1, 6) = 'Oracle'`,
  sharedPaths: `select n from (select c.name n from v$controlfile c union all select r.name from v$recovery_file_dest r) where n is not null`,
  changeTracking: `select t.status from sys.v_$block_change_tracking t where rownum = 1`,
  rmanChannels: `select s.inst_id, s.sid, s.program, s.client_info from sys.gv_$session s where instr(s.client_info, 'rman channel=') > 0`,
  keystores: `select w.con_id, w.status from sys.v_$encryption_wallet w`,
  encryptedTablespaces: `select t.con_id, t.name, rawtohex(e.masterkeyid) key_id from v$tablespace t, v$encrypted_tablespaces e
    where e.con_id = t.con_id and e.ts# = t.ts#`,
  rmanSessions: `select s.inst_id, s.sid, s.serial# from (select * from gv$session where client_info is not null) s
    where concat(',', concat(s.client_info, ',')) like :which`,
  archiveLogCurrent: 'alter  system /* now */ archive log\ncurrent',
};
const BINDS: Partial<Record<QueryName, oracledb.BindParameters>> = {
  backupPieces: ['ab12%'],
  rmanSessions: ['%,id=ady:0a1b2c3d,%'],
};
const NAMES = Object.keys(QUERIES) as QueryName[];
const SELECTS = NAMES.filter((name) => /^\s*select/i.test(QUERIES[name]));

let lab: ThinLab;
let connection: oracledb.Connection;

/** The sample database with containers, the piece of its backed-up log and one of control file and spfile: no answer is empty. */
function controlFile() {
  const sample = sampleControlFile();
  const [piece] = sample.backupPieces;
  const [set] = sample.backupSets;
  const [file] = sample.backupDataFiles;
  if (piece === undefined || set === undefined || file === undefined) throw new Error('the sample is empty');
  const [, users] = sample.tablespaces;
  if (users !== undefined) users.encrypted = true;
  sample.backupPieces.push({ ...piece, recid: 69, setStamp: 1002, setCount: 12 });
  const configuration = { setStamp: 1003, setCount: 13 };
  sample.backupPieces.push({ ...piece, ...configuration, recid: 70, handle: 'c-1-20260101-00' });
  sample.backupSets.push({ ...set, ...configuration, recid: 70, spfileIncluded: true });
  sample.backupDataFiles.push({ ...file, ...configuration, recid: 70, file: 0, level: null });
  sample.containers = [
    { conId: 1, name: 'CDB$ROOT', openMode: 'READ WRITE' },
    { conId: 2, name: 'PDB$SEED', openMode: 'READ ONLY' },
    { conId: 3, name: 'SHOP', openMode: 'MOUNTED', status: 'UNPLUGGED' },
  ];
  return sample;
}

beforeAll(async () => {
  lab = await ThinLab.create({ controlFile });
  connection = await lab.login();
});

afterAll(async () => {
  await connection.close();
  await lab.remove();
});

async function rowsOf(sql: string, name: QueryName): Promise<readonly unknown[]> {
  return (await connection.execute(sql, BINDS[name] ?? [])).rows ?? [];
}

async function numberOf(sql: string, name: QueryName): Promise<number | undefined> {
  const error: unknown = await connection.execute(sql, BINDS[name] ?? []).catch((e: unknown) => e);
  return error instanceof Error ? (error as oracledb.DBError).errorNum : undefined;
}

function sourcesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts') && !name.includes('testing'))
    .map((name) => join(directory, name));
}

function withoutComments(source: string): string {
  return source.replace(/\/\*[^]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
}

const sorted = (rows: readonly unknown[]): string[] => rows.map((row) => JSON.stringify(row)).sort();

it.each(SELECTS)('answers "%s" and its reworded variant alike', async (name) => {
  const answer = await rowsOf(QUERIES[name], name);
  expect(answer.length).toBeGreaterThan(0);
  expect(sorted(await rowsOf(REWORDED[name], name))).toEqual(sorted(answer));
});

it.each(SELECTS)('refuses "%s" with a view, a column or a keyword that does not exist', async (name) => {
  const sql = QUERIES[name];
  expect(await numberOf(sql.replace(/\bFROM (g?v\$\w+|dual)/i, 'FROM v$no_such_view'), name)).toBe(942);
  expect(await numberOf(sql.replace(/\bSELECT \w+(\.?)/i, 'SELECT no_such_column, x$1'), name)).toBe(904);
  expect(await numberOf(sql.replace(/\bFROM\b/i, 'FORM'), name)).toBe(923);
});

it('has a reworded variant of every statement, and every one is another text', () => {
  expect(Object.keys(REWORDED).sort()).toEqual([...NAMES].sort());
  for (const name of NAMES) expect(REWORDED[name].trim()).not.toBe(QUERIES[name].trim());
});

it('has no statement of the product elsewhere than in the list, but the one that names a session', () => {
  const sources = ['libs/oracle/src', 'apps/agent/src'].flatMap((place) => sourcesBelow(join(ROOT, place)));
  const withSql = sources.filter(
    (path) => !path.endsWith('queries.ts') && STATEMENT.test(withoutComments(readFileSync(path, 'utf8'))),
  );
  expect(withSql.map((path) => relative(ROOT, path))).toEqual(['libs/oracle/src/rman-sessions.ts']);
});

it('ends the session that is named, in both wordings', async () => {
  for (const wording of [
    killStatement,
    (who: RmanSession) => killStatement(who).toLowerCase().replaceAll(' ', '\n'),
  ]) {
    const other = await lab.login();
    await connection.execute(wording({ instance: 1, sid: lab.lastSid, serial: SERIAL }));
    await expect(other.execute('SELECT 1 FROM dual')).rejects.toMatchObject({ errorNum: 28 });
    await other.close().catch(() => undefined);
  }
});

it('switches the log in both wordings', async () => {
  await connection.execute(QUERIES.archiveLogCurrent);
  await connection.execute(REWORDED.archiveLogCurrent);
  expect(lab.switches).toBe(2);
  expect(await numberOf('alter system archive log nonsense', 'archiveLogCurrent')).toBe(2065);
});
