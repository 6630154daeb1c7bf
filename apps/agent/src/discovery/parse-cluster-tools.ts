// What olsnodes, crsctl and srvctl print, as administrators published it. Releases differ in wording: nothing throws, and a line that is not
// understood is handed back.
import { type Parsed } from './parse-host-files';

/** `olsnodes`: a node name a line; more columns with options. */
export function parseNodes(text: string): Parsed<string> {
  return parseLines(text, (line) => /^([A-Za-z0-9][A-Za-z0-9._-]{0,253})(?:\s.*)?$/.exec(line)?.[1]);
}

/** `srvctl config database`: a unique name a line. */
export function parseDatabaseNames(text: string): Parsed<string> {
  return parseLines(text, (line) => /^([A-Za-z][A-Za-z0-9_$#]{0,29})$/.exec(line)?.[1]);
}

export interface ConfiguredDatabase {
  readonly oracleHome: string | null;
  readonly type: string | null;
}

/** `srvctl config database -d NAME`: `Label: value` lines, of which two are needed; releases add others. */
export function parseDatabaseConfig(text: string): ConfiguredDatabase {
  const valueOf = (label: string): string | null => {
    const value = new RegExp(`^${label}:[ \\t]*(.*)$`, 'm').exec(text)?.[1]?.trim() ?? '';
    return value === '' ? null : value;
  };
  return { oracleHome: valueOf('Oracle home'), type: valueOf('Type') };
}

export interface InstanceOnNode {
  readonly sid: string;
  readonly node: string;
  readonly running: boolean;
}

const STATUS =
  /^Instance (\S+) is (not )?running on node ([^\s.]\S*?)\.?(?: with online services .*| Instance status: .*)?$/;
/** RAC One Node prints these beside the instance. */
const STATUS_REMARK = /^(?:Online relocation:|Database is (?:not )?running|Database \S+ is )/;

/** `srvctl status database -d NAME -v`. */
export function parseDatabaseStatus(text: string): Parsed<InstanceOnNode> {
  const items: InstanceOnNode[] = [];
  const unknownLines: string[] = [];
  for (const line of linesOf(text)) {
    const [, sid, not, node] = STATUS.exec(line) ?? [];
    if (sid !== undefined && node !== undefined) items.push({ sid, node, running: not === undefined });
    else if (!STATUS_REMARK.test(line)) unknownLines.push(line);
  }
  return { items, unknownLines };
}

/** `crsctl check crs`: whether every service of the stack says that it is online. */
export function parseStackCheck(text: string): { online: boolean; unknownLines: readonly string[] } {
  const lines = linesOf(text);
  const known = lines.filter((line) => /^CRS-\d{4}: /.test(line));
  return {
    online: known.length > 0 && known.every((line) => / is online$/.test(line)),
    unknownLines: lines.filter((line) => !known.includes(line)),
  };
}

export interface ListenedInstance {
  readonly sid: string;
  readonly host: string;
  readonly port: number;
  readonly service: string;
}

/** `lsnrctl status`: TCP endpoints, and under each service the instances that offer it. Of the rest nothing is needed. */
export function parseListenerStatus(text: string): readonly ListenedInstance[] {
  const endpoint = /\(PROTOCOL=tcp\)\(HOST=([A-Za-z0-9_.-]+)\)\(PORT=(\d{1,5})\)/i.exec(text);
  const [, host, port] = endpoint ?? [];
  if (host === undefined || port === undefined) return [];
  const found: ListenedInstance[] = [];
  let service: string | undefined;
  for (const line of linesOf(text)) {
    service = /^Service "([A-Za-z0-9_.$#-]+)" has \d+ instance/.exec(line)?.[1] ?? service;
    const sid = /^Instance "([^"]+)", status \w+/.exec(line)?.[1];
    if (service !== undefined && sid !== undefined) found.push({ sid, host, port: Number(port), service });
  }
  return found;
}

function parseLines(text: string, read: (line: string) => string | undefined): Parsed<string> {
  const items: string[] = [];
  const unknownLines: string[] = [];
  for (const line of linesOf(text)) {
    const item = read(line);
    if (item === undefined) unknownLines.push(line);
    else items.push(item);
  }
  return { items, unknownLines };
}

function linesOf(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
