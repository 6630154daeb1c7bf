/** CONFIGURE and SHOW; the rules of the same names of grammar.md. Settings keep the names of v$rman_configuration. */
import { type Statement } from './ast';
import { equals, parseDevice, parseDeviceType, parseFile, parseRetention, parseSize } from './parse-common';
import { parseChannelSettings } from './parse-channel';
import { parseCopies } from './parse-backup';
import { type TokenReader } from './token-reader';

type Configure = Extract<Statement, { kind: 'configure' }>;

const PARALLELISM_MAX = 254;

/** The statement behind CONFIGURE. */
export function parseConfigure(reader: TokenReader): Configure {
  const parsed = RULES.map((rule) => rule(reader)).find((found) => found !== undefined);
  return parsed ?? reader.fail();
}

type Rule = (reader: TokenReader) => Configure | undefined;

const RULES: Rule[] = [
  (reader) => (reader.accept('RETENTION', 'POLICY') ? retention(reader) : undefined),
  (reader) => onOff(reader, 'BACKUP', 'OPTIMIZATION'),
  (reader) => defaultDevice(reader),
  (reader) => device(reader),
  (reader) => autobackup(reader),
  (reader) => channel(reader),
  (reader) => backupCopies(reader, 'DATAFILE'),
  (reader) => backupCopies(reader, 'ARCHIVELOG'),
  (reader) => maxSetSize(reader),
  (reader) => exclude(reader),
  (reader) => encryption(reader),
  (reader) => valued(reader, ['COMPRESSION', 'ALGORITHM'], () => void reader.string()),
  (reader) => valued(reader, ['ARCHIVELOG', 'DELETION', 'POLICY'], () => deletionPolicy(reader)),
  (reader) => valued(reader, ['SNAPSHOT', 'CONTROLFILE', 'NAME'], () => void reader.string()),
  (reader) => valued(reader, ['RMAN', 'OUTPUT'], () => keepForDays(reader)),
  (reader) => auxName(reader),
];

/** The text of what `parse` takes, as it was written. */
function written(reader: TokenReader, parse: () => void): string {
  const { start } = reader.next;
  parse();
  return reader.source.slice(start, reader.next.start).trim().replace(/\s+/g, ' ');
}

function setting(name: string, value: string | null): Configure {
  return {
    kind: 'configure',
    name,
    value,
    show: value === null ? `CONFIGURE ${name} CLEAR;` : `CONFIGURE ${name} ${value};`,
  };
}

/** `NAME TO value` or `NAME CLEAR`; the value keeps its TO, as in v$rman_configuration. */
function valued(reader: TokenReader, words: string[], parse: () => void): Configure | undefined {
  if (!reader.accept(...words)) return undefined;
  const name = words.join(' ');
  if (reader.accept('CLEAR')) return setting(name, null);
  const value = written(reader, () => {
    reader.expect('TO');
    parse();
  });
  return setting(name, value);
}

function onOff(reader: TokenReader, ...words: string[]): Configure | undefined {
  if (!reader.accept(...words)) return undefined;
  const value = reader.oneOf('ON', 'OFF', 'CLEAR');
  return setting(words.join(' '), value === 'CLEAR' ? null : value);
}

function retention(reader: TokenReader): Configure {
  if (reader.accept('CLEAR')) return setting('RETENTION POLICY', null);
  const value = written(reader, () => {
    reader.expect('TO');
    if (!reader.accept('NONE') && parseRetention(reader) === undefined) reader.fail();
  });
  return setting('RETENTION POLICY', value);
}

function defaultDevice(reader: TokenReader): Configure | undefined {
  if (!reader.accept('DEFAULT', 'DEVICE', 'TYPE')) return undefined;
  if (reader.accept('CLEAR')) return setting('DEFAULT DEVICE TYPE TO', null);
  reader.expect('TO');
  return setting('DEFAULT DEVICE TYPE TO', `'${parseDevice(reader)}'`);
}

function device(reader: TokenReader): Configure | undefined {
  const type = parseDeviceType(reader);
  if (type === undefined) return undefined;
  if (reader.accept('CLEAR')) return setting(`DEVICE TYPE '${type}'`, null);
  const value = written(reader, () => {
    while (parseDeviceOption(reader));
  });
  if (value === '') reader.fail();
  return setting('DEVICE TYPE', `'${type}' ${value}`);
}

function parseDeviceOption(reader: TokenReader): boolean {
  if (reader.accept('PARALLELISM')) {
    if (equals(reader).number(PARALLELISM_MAX) === 0) reader.failAt('integer');
    return true;
  }
  if (!reader.accept('BACKUP', 'TYPE', 'TO')) return false;
  if (reader.accept('COPY')) return true;
  reader.accept('COMPRESSED');
  reader.expect('BACKUPSET');
  return true;
}

function autobackup(reader: TokenReader): Configure | undefined {
  if (!reader.accept('CONTROLFILE', 'AUTOBACKUP')) return undefined;
  if (!reader.accept('FORMAT')) {
    const value = reader.oneOf('ON', 'OFF', 'CLEAR');
    return setting('CONTROLFILE AUTOBACKUP', value === 'CLEAR' ? null : value);
  }
  reader.expect('FOR', 'DEVICE', 'TYPE');
  const name = 'CONTROLFILE AUTOBACKUP FORMAT FOR DEVICE TYPE';
  const type = parseDevice(reader);
  if (reader.accept('CLEAR')) return setting(`${name} '${type}'`, null);
  reader.expect('TO');
  return setting(name, `'${type}' TO '${reader.string()}'`);
}

function channel(reader: TokenReader): Configure | undefined {
  const isAuxiliary = reader.accept('AUXILIARY', 'CHANNEL');
  if (!isAuxiliary && !reader.accept('CHANNEL')) return undefined;
  const name = isAuxiliary ? 'AUXILIARY CHANNEL' : 'CHANNEL';
  const number = reader.next.kind === 'number' ? `${reader.number(PARALLELISM_MAX)} ` : '';
  const type = parseDeviceType(reader) ?? reader.fail();
  const what = `${number}DEVICE TYPE '${type}'`;
  if (reader.accept('CLEAR')) return setting(`${name} ${what}`, null);
  const value = written(reader, () => parseChannelSettings(reader));
  if (value === '') reader.fail();
  return setting(name, `${what} ${value}`);
}

function backupCopies(reader: TokenReader, of: 'DATAFILE' | 'ARCHIVELOG'): Configure | undefined {
  if (!reader.accept(of, 'BACKUP', 'COPIES')) return undefined;
  reader.expect('FOR', 'DEVICE', 'TYPE');
  const name = `${of} BACKUP COPIES FOR DEVICE TYPE`;
  const type = parseDevice(reader);
  if (reader.accept('CLEAR')) return setting(`${name} '${type}'`, null);
  reader.expect('TO');
  return setting(name, `'${type}' TO ${parseCopies(reader)}`);
}

function maxSetSize(reader: TokenReader): Configure | undefined {
  return valued(reader, ['MAXSETSIZE'], () => {
    if (!reader.accept('UNLIMITED')) parseSize(reader);
  });
}

function exclude(reader: TokenReader): Configure | undefined {
  if (!reader.accept('EXCLUDE')) return undefined;
  reader.expect('FOR', 'TABLESPACE');
  const name = reader.name();
  if (reader.accept('CLEAR')) return setting(`EXCLUDE FOR TABLESPACE '${name}'`, null);
  return setting('EXCLUDE FOR TABLESPACE', `'${name}'`);
}

function encryption(reader: TokenReader): Configure | undefined {
  if (!reader.accept('ENCRYPTION')) return undefined;
  if (reader.accept('ALGORITHM')) {
    if (reader.accept('CLEAR')) return setting('ENCRYPTION ALGORITHM', null);
    reader.expect('TO');
    return setting('ENCRYPTION ALGORITHM', `TO '${reader.string()}'`);
  }
  reader.expect('FOR');
  const of = reader.oneOf('DATABASE', 'TABLESPACE');
  const name = `ENCRYPTION FOR ${of}${of === 'TABLESPACE' ? ` '${reader.name()}'` : ''}`;
  const value = reader.oneOf('ON', 'OFF', 'CLEAR');
  return setting(name, value === 'CLEAR' ? null : value);
}

function deletionPolicy(reader: TokenReader): void {
  if (reader.accept('NONE')) return;
  if (reader.accept('BACKED', 'UP')) {
    reader.number();
    reader.expect('TIMES', 'TO');
    if (!reader.accept('DEVICE', 'TYPE')) reader.accept('DEVICE');
    parseDevice(reader);
    return;
  }
  if (reader.accept('APPLIED')) reader.expect('ON');
  else reader.expect('SHIPPED', 'TO');
  reader.accept('ALL');
  reader.expect('STANDBY');
}

function keepForDays(reader: TokenReader): void {
  reader.expect('KEEP', 'FOR');
  reader.number();
  reader.expect('DAYS');
}

function auxName(reader: TokenReader): Configure | undefined {
  if (!reader.accept('AUXNAME')) return undefined;
  reader.expect('FOR', 'DATAFILE');
  const name = `AUXNAME FOR DATAFILE ${parseFile(reader)}`;
  if (reader.accept('CLEAR')) return setting(name, null);
  reader.expect('TO');
  return setting(name, `TO '${reader.string()}'`);
}

const SHOWN = [
  'RETENTION POLICY',
  'BACKUP OPTIMIZATION',
  'DEFAULT DEVICE TYPE',
  'DEVICE TYPE',
  'CONTROLFILE AUTOBACKUP FORMAT',
  'CONTROLFILE AUTOBACKUP',
  'AUXILIARY CHANNEL',
  'CHANNEL',
  'DATAFILE BACKUP COPIES',
  'ARCHIVELOG BACKUP COPIES',
  'MAXSETSIZE',
  'EXCLUDE',
  'ENCRYPTION ALGORITHM',
  'ENCRYPTION FOR DATABASE',
  'ENCRYPTION FOR TABLESPACE',
  'COMPRESSION ALGORITHM',
  'ARCHIVELOG DELETION POLICY',
  'SNAPSHOT CONTROLFILE NAME',
  'RMAN OUTPUT',
  'AUXNAME',
];

/** The statement behind SHOW. */
export function parseShow(reader: TokenReader): Statement {
  if (reader.accept('ALL')) return { kind: 'show', names: null };
  const names = reader.list(() => SHOWN.find((name) => reader.accept(...name.split(' '))) ?? reader.fail());
  return { kind: 'show', names };
}
