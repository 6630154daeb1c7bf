/** Every failure of the list in faults.ts, made by name: the text of its error stack and the exit code of rman. */
import { FAULTS, type FaultName } from '../faults/rman-fault-catalog';
import { armedFaults, armFault, type ArmedFault, disarmFaults } from '../faults/rman-faults';
import { LabHost, type RmanRun } from './testing/lab-host';

let host: LabHost;

beforeAll(async () => {
  host = await LabHost.create();
  // Something to read for the failures of restores.
  host.rman(
    `RUN { ${one()} BACKUP FORMAT 'base_%U' DATABASE; BACKUP FORMAT 'al_%U' ARCHIVELOG ALL; BACKUP FORMAT 'gone_%U' SPFILE; }`,
  );
}, 120_000);

afterEach(() => {
  disarmFaults(host.base);
});

afterAll(async () => {
  await host.remove();
});

function one(): string {
  return `ALLOCATE CHANNEL c1 ${host.sbt()};`;
}

function two(): string {
  return `${one()} ALLOCATE CHANNEL c2 ${host.sbt()};`;
}

/** What changes from run to run made the same. */
function plain(line: string): string {
  return line
    .replace(/ at \d\d\/\d\d\/\d{4} \d\d:\d\d:\d\d$/, ' at <date>')
    .replaceAll(host.base, '<base>')
    .replace(/(base|al|gone|x)_[0-9a-v]{8}_\d+_\d_\d/g, '$1_<piece>')
    .replace(/block number \d+/, 'block number <n>');
}

/** The lines of the last error stack. */
function stackOf({ lines }: RmanRun): string[] {
  const from =
    lines.lastIndexOf('RMAN-00571: ===========================================================') + 1;
  const to = lines.indexOf('', from);
  return lines.slice(from, to < 0 ? undefined : to).map(plain);
}

const SBT_TEXT = (call: string) => [
  'ORA-19511: non RMAN, but media manager or vendor specific failure, error text:',
  `   LAB-SBT: simulated failure of sbt${call}`,
];
const ALLOCATE = 'RMAN-03009: failure of allocate command on c1 channel at <date>';
const BACKUP = 'RMAN-03009: failure of backup command on c1 channel at <date>';
const DEVICE = 'ORA-19554: error allocating device, device type: SBT_TAPE, device name: ';
const lines = (name: FaultName) => [...FAULTS[name].lines];
const channelLines = (name: FaultName) => lines(name).map((line) => line.replace('${channel}', 'c1'));

interface Case {
  script: () => string;
  stack: () => string[];
  armed?: Partial<ArmedFault>;
}

const allocation = (stack: string[]): Case => ({
  script: () => `RUN { ${one()} }`,
  stack: () => [ALLOCATE, ...stack],
});
const backup = (stack: string[], armed: Partial<ArmedFault> = {}): Case => ({
  script: () => `RUN { ${one()} BACKUP FORMAT 'x_%U' DATAFILE 7; }`,
  stack: () => [BACKUP, ...stack],
  armed,
});
const connecting = (name: FaultName): Case => ({ script: () => 'LIST BACKUP;', stack: () => lines(name) });
const failing = (command: string, script: () => string, stack: string[]): Case => ({
  script,
  stack: () => [`RMAN-03002: failure of ${command} command at <date>`, ...stack],
});

const losing = (cause: string): Case => ({
  script: () => `RUN { ${one()} BACKUP DATAFILE 7; }`,
  stack: () => [
    'RMAN-00601: fatal error in recovery manager',
    'RMAN-03004: fatal error during execution of command',
    'RMAN-10038: database session for channel default terminated unexpectedly',
    cause,
  ],
});

/** Failures that end the command; what only warns stands below. */
const CASES: Partial<Record<FaultName, Case>> = {
  'target-bad-password': connecting('target-bad-password'),
  'target-no-privilege': connecting('target-no-privilege'),
  'target-not-available': connecting('target-not-available'),
  'target-no-service-name': connecting('target-no-service-name'),
  'target-lost-in-connect': {
    script: () => 'LIST BACKUP;',
    stack: () => [
      'RMAN-00601: fatal error in recovery manager',
      'RMAN-03010: fatal error during library cache pre-loading',
      'RMAN-10038: database session for channel default terminated unexpectedly',
      'ORA-03113: end-of-file on communication channel',
    ],
  },
  'target-lost': losing('ORA-03113: end-of-file on communication channel'),
  'target-not-connected': losing('ORA-03114: not connected to ORACLE'),
  'target-contact-lost': losing('ORA-03135: connection lost contact'),
  'channel-no-listener': allocation(channelLines('channel-no-listener')),
  'channel-no-service': allocation(channelLines('channel-no-service')),
  'channel-no-alias': allocation(channelLines('channel-no-alias')),
  'channel-bad-password': allocation(channelLines('channel-bad-password')),
  'channel-lost': backup([
    'RMAN-10038: database session for channel c1 terminated unexpectedly',
    'ORA-03113: end-of-file on communication channel',
  ]),
  'sbt-load': allocation([
    DEVICE,
    'ORA-27211: Failed to load Media Management Library',
    'Additional information: 2',
  ]),
  'sbt-symbols': allocation([DEVICE, 'ORA-27212: some entrypoints in Media Management Library are missing']),
  'sbt-context': allocation([DEVICE, 'ORA-27025: skgfqsbi: invalid media manager context area size']),
  'sbt-init': allocation([
    DEVICE,
    'ORA-27023: skgfqsbi: media manager protocol error',
    'Additional information: 7111',
  ]),
  'sbt-init2': allocation([DEVICE, 'ORA-27024: skgfqsbi: sbtinit2 returned error', ...SBT_TEXT('init2')]),
  'sbt-backup': backup([
    'ORA-19506: failed to create sequential file, name="x_<piece>", parms=""',
    'ORA-27028: skgfqcre: sbtbackup returned error',
    ...SBT_TEXT('backup'),
  ]),
  'sbt-write2': backup([
    'ORA-19502: write error on file "x_<piece>", block number <n> (block size=8192)',
    'ORA-27030: skgfwrt: sbtwrite2 returned error',
    ...SBT_TEXT('write2'),
  ]),
  'sbt-close2': backup([
    'ORA-27192: skgfcls: sbtclose2 returned error - failed to close file',
    ...SBT_TEXT('close2'),
  ]),
  'sbt-info2': backup(['ORA-27191: sbtinfo2 returned error', ...SBT_TEXT('info2')]),
  'sbt-not-found': backup([
    'ORA-19506: failed to create sequential file, name="x_<piece>", parms=""',
    'ORA-27206: requested file not found in media management catalog',
  ]),
  'sbt-restore': {
    script: () => `RUN { ${one()} RESTORE ARCHIVELOG ALL VALIDATE; }`,
    stack: () => [
      'RMAN-03009: failure of restore command on c1 channel at <date>',
      'ORA-19870: error while restoring backup piece al_<piece>',
      'ORA-19507: failed to retrieve sequential file, handle="al_<piece>", parms=""',
      'ORA-27029: skgfrtrv: sbtrestore returned error',
      ...SBT_TEXT('restore'),
    ],
  },
  'sbt-read2': {
    script: () => `RUN { ${one()} RESTORE ARCHIVELOG ALL VALIDATE; }`,
    stack: () => [
      'RMAN-03009: failure of restore command on c1 channel at <date>',
      'ORA-19870: error while restoring backup piece al_<piece>',
      'ORA-19501: read error on file "al_<piece>", block number <n> (block size=8192)',
      'ORA-27190: skgfrd: sbtread2 returned error',
      ...SBT_TEXT('read2'),
    ],
  },
  'sbt-remove2': {
    script: () => `RUN { ${one()} DELETE NOPROMPT BACKUP OF SPFILE; }`,
    stack: () => [
      'RMAN-03009: failure of delete command on c1 channel at <date>',
      'ORA-27027: sbtremove2 returned error',
      ...SBT_TEXT('remove2'),
    ],
  },
  'sbt-command': {
    script: () => `RUN { ${one()} SEND 'anything'; }`,
    stack: () => [
      'RMAN-03009: failure of send command on c1 channel at <date>',
      'ORA-27194: skgfdvcmd: sbtcommand returned error',
      ...SBT_TEXT('command'),
    ],
  },
  'sbt-end': {
    script: () => `RUN { ${one()} RELEASE CHANNEL c1; }`,
    stack: () => [
      'RMAN-03009: failure of release command on c1 channel at <date>',
      'ORA-27026: skgfrls: sbtend returned error',
      ...SBT_TEXT('end'),
    ],
  },
  'archived-log-lost': {
    script: () => `RUN { ${one()} BACKUP ARCHIVELOG ALL; }`,
    stack: () => [
      'RMAN-03002: failure of backup command at <date>',
      'RMAN-06059: expected archived log not found, loss of archived log compromises recoverability',
      expect.stringMatching(/^ORA-19625: error identifying file <base>.*1_1_\d+\.arc$/) as string,
      'ORA-27037: unable to obtain file status',
      'Linux-x86_64 Error: 2: No such file or directory',
      'Additional information: 3',
    ],
    armed: { match: '/1_1_' },
  },
  noarchivelog: failing('backup', () => `RUN { ${one()} BACKUP DATABASE; }`, lines('noarchivelog')),
  'encryption-needs-osb': backup(lines('encryption-needs-osb')),
  'wallet-closed': backup(lines('wallet-closed')),
  'corrupt-block': backup([
    'ORA-19566: exceeded limit of 0 corrupt blocks for file <base>/oradata/ORCL/users01.dbf',
  ]),
  'corrupt-block-in-sql': backup([
    'ORA-01578: ORACLE data block corrupted (file # 7, block # 131)',
    "ORA-01110: data file 7: '<base>/oradata/ORCL/users01.dbf'",
  ]),
  'recovery-area-full': {
    script: () => `RUN { ${one()} BACKUP CURRENT CONTROLFILE; }`,
    stack: () => [BACKUP, ...lines('recovery-area-full')],
  },
  'snapshot-busy': {
    script: () => `RUN { ${one()} BACKUP CURRENT CONTROLFILE; }`,
    stack: () => [BACKUP, ...lines('snapshot-busy')],
  },
  'snapshot-not-shared': {
    script: () => `RUN { ${one()} BACKUP CURRENT CONTROLFILE; }`,
    stack: () => [BACKUP, ...lines('snapshot-not-shared')],
  },
  'no-backup-found': failing('restore', () => `RUN { ${one()} RESTORE DATAFILE 7 VALIDATE; }`, [
    'RMAN-06026: some targets not found - aborting restore',
    'RMAN-06023: no backup or copy of datafile 7 found to restore',
  ]),
  'until-before-resetlogs': failing(
    'restore',
    () => `RUN { ${one()} RESTORE DATABASE VALIDATE; }`,
    lines('until-before-resetlogs'),
  ),
  'log-backup-missing': failing(
    'recover',
    () => `RUN { ${one()} RECOVER DATABASE; }`,
    lines('log-backup-missing'),
  ),
  'log-unknown': failing('recover', () => `RUN { ${one()} RECOVER DATABASE; }`, lines('log-unknown')),
  'no-maintenance-channel': failing(
    'crosscheck',
    () => 'CROSSCHECK BACKUP;',
    lines('no-maintenance-channel'),
  ),
};

/** They make no stack of their own: see interrupt.spec.ts. */
const WITHOUT_STACK = ['interrupt-ignored'] as const satisfies readonly FaultName[];
const WARNINGS = ['log-needed-by-standby', 'log-not-applied'] as const satisfies readonly FaultName[];

describe('a failure made by name', () => {
  it('exists as a case for every fault', () => {
    expect([...Object.keys(CASES), ...WARNINGS, ...WITHOUT_STACK].sort()).toEqual(Object.keys(FAULTS).sort());
  });

  it.each(Object.keys(CASES) as FaultName[])('%s', (name) => {
    const { script, stack, armed } = CASES[name] ?? { script: () => '', stack: () => [] };
    armFault(host.base, { name, times: 1, ...armed });
    const run = host.rman(script());
    expect({ code: run.code, stack: stackOf(run) }).toEqual({ code: 1, stack: stack() });
  });

  it.each(WARNINGS)('%s only warns', (name) => {
    armFault(host.base, { name, times: 1 });
    const run = host.rman('DELETE NOPROMPT ARCHIVELOG ALL;');
    expect(run.code).toBe(0);
    expect(run.lines).toContain(FAULTS[name].lines[0]);
    expect(run.output).not.toContain('ERROR MESSAGE STACK');
  });

  it('strikes as often as it was armed for, on the channel it was armed for', () => {
    armFault(host.base, { name: 'sbt-init2', times: 2, channel: 'c2', text: 'no licence' });
    const script = `RUN { ${two()} }`;
    const [first, second, third] = [1, 2, 3].map(() => host.rman(script));
    expect([first?.code, second?.code, third?.code]).toEqual([1, 1, 0]);
    expect(first?.lines).toContain('   no licence');
    expect(armedFaults(host.base)).toHaveLength(1);
    disarmFaults(host.base, 'sbt-init2');
    expect(armedFaults(host.base)).toEqual([]);
  });
});

describe('a failed set', () => {
  it('leaves the others to their channel, and the command fails at the end', () => {
    armFault(host.base, { name: 'sbt-write2', times: 1, match: '_F3_' });
    const run = host.rman(`RUN { ${one()}
      BACKUP FILESPERSET 1 (DATAFILE 3 FORMAT 'x_F3_%U') (DATAFILE 7 FORMAT 'x_F7_%U'); }`);
    expect(run.code).toBe(1);
    expect(run.lines).toContain('continuing other job steps, job failed will not be re-run');
    expect(run.output).toContain('piece handle=x_F7_');
    expect(stackOf(run)[0]).toBe(BACKUP);
  });

  it('is run on another channel when there is one, and the command succeeds', () => {
    armFault(host.base, { name: 'sbt-close2', times: 1, channel: 'c2' });
    const run = host.rman(`RUN { ${two()} BACKUP FILESPERSET 1 FORMAT 'x_%U' DATAFILE 3, 7; }`);
    expect([run.code, run.lines]).toEqual([
      0,
      expect.arrayContaining(['channel c2 disabled, job failed on it will be run on another channel']),
    ]);
    expect(run.lines.map(plain)).toContain('RMAN-03009: failure of backup command on c2 channel at <date>');
  });

  it('moves to another channel when its own dies', () => {
    armFault(host.base, { name: 'channel-lost', times: 1, channel: 'c2' });
    const run = host.rman(`RUN { ${two()} BACKUP FILESPERSET 1 FORMAT 'x_%U' DATAFILE 3, 7; }`);
    expect([run.code, run.lines]).toEqual([
      0,
      expect.arrayContaining([
        'RMAN-10038: database session for channel c2 terminated unexpectedly',
        'channel c2 disabled, job failed on it will be run on another channel',
      ]),
    ]);
  });
});

describe('the place of an error', () => {
  it('ends a command file at its first failure, but not standard input', () => {
    const script = 'DELETE NOPROMPT BACKUPPIECE 4242;\nREPORT SCHEMA;\n';
    const [file, interactive] = [host.rman(script), host.interactive(script)];
    expect([file.code, file.output.includes('Report of database schema')]).toEqual([1, false]);
    expect([interactive.code, interactive.output.includes('Report of database schema')]).toEqual([1, true]);
  });

  it('says what was found and what was expected', () => {
    const run = host.interactive('BACKUP DATABASE;\nallocate channel c1 type disk;\n');
    expect(stackOf(run)).toEqual([
      'RMAN-00558: error encountered while parsing input commands',
      'RMAN-01009: syntax error: found "identifier": expecting one of: "for"',
      'RMAN-01008: the bad identifier was: c1',
      'RMAN-01007: at line 2 column 18 file: standard input',
    ]);
  });

  it('is named, with its place, for what the lab does not simulate', () => {
    const run = host.rman('RUN { ALLOCATE CHANNEL d1 DEVICE TYPE disk; BACKUP DURATION 1:00 DATABASE; }');
    expect({ code: run.code, stack: stackOf(run) }).toEqual({
      code: 1,
      stack: [
        'RMAN-03002: failure of backup command at <date>',
        'LAB-00001: not simulated by the lab: DURATION',
        expect.stringMatching(/^RMAN-01007: at line 1 column 63 file: /),
      ],
    });
  });

  it('is RMAN-06002 for the commands of a recovery catalog', () => {
    expect(stackOf(host.rman('REGISTER DATABASE;'))).toEqual([
      'RMAN-03002: failure of register database command at <date>',
      'RMAN-06002: command not allowed when not connected to a recovery catalog',
    ]);
  });
});
