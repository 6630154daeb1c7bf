// Who a database is, as RMAN prints it.
import { readDatabaseIdentity } from './index';

describe('who a database is', () => {
  const printed = `connected to target database: SALES (DBID=4294967295)
Report of database schema for database with db_unique_name SALES_FRA
 3       3       SALES    4294967295       PARENT  1          17-APR-19
 4       4       SALES    4294967295       CURRENT 1920977    26-NOV-26`;

  it('is read from two reports, with the incarnation that is current', () => {
    expect(readDatabaseIdentity(printed)).toEqual({
      dbid: '4294967295',
      dbName: 'SALES',
      dbUniqueName: 'SALES_FRA',
      resetlogsScn: '1920977',
      errors: [],
    });
  });

  it('stays unknown as far as RMAN does not say it, with the reason', () => {
    const { dbid, dbUniqueName, errors } = readDatabaseIdentity(
      'connected to target database (not started)\nRMAN-00571: ====\nRMAN-06403: could not obtain a fully authorized session\nORA-01034: ORACLE not available',
    );
    expect([dbid, dbUniqueName]).toEqual([null, null]);
    expect(errors.at(-1)).toBe('ORA-01034: ORACLE not available');
    expect(readDatabaseIdentity('\0'.repeat(1000))).toMatchObject({ dbid: null });
  });
});
