/** The server parameter file: `prefix.name='value'` lines, the prefix `*` for all instances or a SID. Text, where the real one is binary. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { OraError } from './ora-error';

const LINE = /^(\*|[\w$#]+)\.([a-z0-9_]+)='(.*)'$/;
/** Parameters given as sizes: `10G` is kept as bytes. */
const SIZES = new Set([
  'db_recovery_file_dest_size',
  'large_pool_size',
  'sga_target',
  'pga_aggregate_target',
]);
const UNITS: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };
/** Those an instance takes over at once; others are refused with ORA-02095 unless SCOPE=SPFILE. */
const DYNAMIC = new Set([
  ...[
    'archive_lag_target',
    'control_file_record_keep_time',
    'db_recovery_file_dest',
    'db_recovery_file_dest_size',
  ],
  ...['log_archive_dest_1', 'log_archive_dest_2', 'log_archive_dest_state_1', 'log_archive_dest_state_2'],
  ...['backup_tape_io_slaves', 'db_block_checksum', 'large_pool_size', 'local_listener', 'open_cursors'],
]);

export class ServerParameters {
  constructor(
    private readonly path: string,
    private readonly sid: string,
  ) {}

  /** What the file says for this instance; empty when there is none. */
  read(): Record<string, string> {
    const values: Record<string, string> = {};
    const mine: Record<string, string> = {};
    for (const { prefix, name, value } of this.lines()) {
      if (prefix === '*') values[name] = value;
      else if (prefix === this.sid) mine[name] = value;
    }
    return { ...values, ...mine };
  }

  /** A size in bytes; undefined when it is not set. */
  bytes(name: string): number | undefined {
    const value = this.read()[name];
    return value === undefined ? undefined : Number(value);
  }

  /** ALTER SYSTEM SET. Throws ORA-02095 and ORA-02097 as Oracle does. */
  set({ name, value, scope, sid }: { name: string; value: string; scope: string; sid: string }): void {
    if (scope !== 'SPFILE' && !DYNAMIC.has(name))
      throw new OraError(2095, 'specified initialization parameter cannot be modified');
    const stored = SIZES.has(name) ? sizeOf(value) : value;
    const lines = this.lines().filter((line) => line.name !== name || line.prefix !== sid);
    this.write([...lines, { prefix: sid, name, value: stored }]);
  }

  /** ALTER SYSTEM RESET. Throws ORA-32010 when the file does not name it. */
  reset({ name, sid }: { name: string; sid: string }): void {
    const lines = this.lines();
    const kept = lines.filter((line) => line.name !== name || line.prefix !== sid);
    if (kept.length === lines.length) throw new OraError(32010, 'cannot find entry to delete in SPFILE');
    this.write(kept);
  }

  private lines(): { prefix: string; name: string; value: string }[] {
    if (!existsSync(this.path)) return [];
    return readFileSync(this.path, 'utf8')
      .split('\n')
      .flatMap((text) => {
        const [, prefix, name, value] = LINE.exec(text.trim()) ?? [];
        return prefix === undefined || name === undefined ? [] : [{ prefix, name, value: value ?? '' }];
      });
  }

  private write(lines: readonly { prefix: string; name: string; value: string }[]): void {
    writeFileSync(
      this.path,
      lines.map(({ prefix, name, value }) => `${prefix}.${name}='${value}'\n`).join(''),
    );
  }
}

function sizeOf(text: string): string {
  const [, digits, unit = ''] = /^(\d+)([KMGT]?)$/i.exec(text.trim()) ?? [];
  const factor = UNITS[unit.toUpperCase()];
  if (digits === undefined || factor === undefined)
    throw new OraError(2097, 'parameter cannot be modified because specified value is invalid');
  return String(Number(digits) * factor);
}
