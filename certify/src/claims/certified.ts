// What a real host can tell: claims of the lab that a certification judges, each from what it saw.
import { LIE_TEXT } from '../media/media-server';
import { notSeen, verdict, type JudgedClaim } from './claim';
import { callsOf, handleOf, named, of, statusOf } from './judging';
import { PARENTS } from './parent-claims';
import { NAMES, PIECES, SETTINGS } from './piece-claims';

const FAILURES: readonly JudgedClaim[] = [
  {
    id: 'killed-channel',
    point: 'C4',
    what: 'a channel that is killed in mid-piece leaves no record of it, and RMAN ends with an error',
    mark: 'C',
    judge: of('killedChannel', (step, { prefix }) => {
      const left = step.records.filter(({ handle }) => handle.startsWith(`${prefix}killedChannel_`));
      return verdict(
        step.exitCode !== 0 && left.length === 0,
        `exit ${step.exitCode}, ${left.length} record(s)`,
      );
    }),
  },
  {
    id: 'close-refused',
    point: 'C5',
    what: 'a close that fails fails the backup with ORA-19511 and our text, and nothing is recorded',
    mark: 'C',
    judge: of('closeRefused', (step, { prefix }) => {
      const left = step.records.filter(({ handle }) => handle.startsWith(`${prefix}closeRefused_`));
      const told = step.output.includes('ORA-19511') && step.output.includes(LIE_TEXT);
      const seen = `exit ${step.exitCode}, ${left.length} record(s), our text ${told ? 'shown' : 'not shown'}`;
      return verdict(step.exitCode !== 0 && left.length === 0 && told, seen);
    }),
  },
];

const MAINTENANCE: readonly JudgedClaim[] = [
  {
    id: 'crosscheck-asks-only-these',
    point: 'C5',
    what: 'CROSSCHECK BACKUPPIECE asks sbtinfo2 about the named pieces and no others',
    mark: 'C',
    judge: of('expire', (step, evidence) => {
      const asked = named(step, 'info');
      return verdict(
        asked.length > 0 && asked.every((handle) => handle === handleOf(evidence, 'level0a')),
        `asked: ${asked.join(', ')}`,
      );
    }),
  },
  {
    id: 'crosscheck-expires',
    point: 'C5',
    what: 'a piece that sbtinfo2 does not find becomes EXPIRED, and AVAILABLE again when it is found',
    mark: 'A',
    judge: (evidence) => {
      const { expire, available } = evidence.steps;
      if (expire === undefined || available === undefined) return notSeen('the crosschecks did not run');
      const handle = handleOf(evidence, 'level0a');
      const seen = `${statusOf(expire, handle)}, then ${statusOf(available, handle)}`;
      return verdict(seen === 'X, then A', seen);
    },
  },
  {
    id: 'crosscheck-fails-closed',
    point: 'C5',
    what: 'when sbtinfo2 fails, CROSSCHECK fails and changes no record',
    mark: 'C',
    judge: of('crosscheckFails', (step, evidence) => {
      const status = statusOf(step, handleOf(evidence, 'level0a'));
      return verdict(status === 'A' && step.exitCode !== 0, `exit ${step.exitCode}, status ${status}`);
    }),
  },
  {
    id: 'uncatalog-is-local',
    point: 'C5',
    what: 'UNCATALOG removes the record and asks the library nothing about the piece',
    mark: 'C',
    judge: of('uncatalog', (step, evidence) => {
      const status = statusOf(step, handleOf(evidence, 'level0b'));
      const asked = callsOf(step).filter((call) => !['init', 'end', 'command'].includes(call));
      return verdict(
        status === 'no record' && asked.length === 0,
        `${status}; calls: ${asked.join(', ') || 'none'}`,
      );
    }),
  },
  {
    id: 'catalog-reads',
    point: 'C5',
    what: 'CATALOG BACKUPPIECE on tape reads the piece and records it again under its name',
    mark: 'C',
    judge: of('catalog', (step, evidence) => {
      const status = statusOf(step, handleOf(evidence, 'level0b'));
      const isRead = callsOf(step).includes('restore');
      return verdict(status === 'A' && isRead, `status ${status}; calls: ${callsOf(step).join(', ')}`);
    }),
  },
  {
    id: 'delete-refused',
    point: 'C5',
    what: 'when sbtremove2 fails, DELETE fails and the record stays',
    mark: 'C',
    judge: of('deleteRefused', (step, evidence) => {
      const status = statusOf(step, handleOf(evidence, 'sections'));
      return verdict(status === 'A', `exit ${step.exitCode}, status ${status}`);
    }),
  },
  {
    id: 'delete-removes',
    point: 'C5',
    what: 'DELETE looks a piece up, has it removed, and drops its record',
    mark: 'C',
    judge: of('delete', (step, evidence) => {
      const status = statusOf(step, handleOf(evidence, 'sections'));
      const calls = callsOf(step);
      const inOrder = calls.includes('info') && calls.indexOf('info') < calls.indexOf('remove');
      return verdict(status === 'no record' && inOrder, `${status}; calls: ${calls.join(', ')}`);
    }),
  },
  {
    id: 'validate-reads',
    point: 'C5',
    what: 'RESTORE … VALIDATE reads pieces through the library and ends well',
    mark: 'B',
    judge: of('validate', (step) =>
      verdict(
        step.exitCode === 0 && named(step, 'restore').length > 0,
        `exit ${step.exitCode}, read: ${named(step, 'restore').join(', ')}`,
      ),
    ),
  },
];

const SURROUNDINGS: readonly JudgedClaim[] = [
  {
    id: 'sbttest',
    point: 'C5',
    what: 'sbttest ends with exit code 0 on our library',
    mark: 'B',
    judge: ({ sbttest }) =>
      sbttest === null
        ? notSeen('sbttest is not in this home')
        : verdict(sbttest.exitCode === 0, `exit ${sbttest.exitCode}`),
  },
  {
    id: 'product-queries',
    point: 'C6',
    what: 'every question of the product is answered by this release: its views and columns are there',
    mark: 'C',
    judge: ({ queries }) => {
      const all = Object.entries(queries);
      if (all.length === 0) return notSeen('the database was not asked');
      const failed = all.filter(([, { error }]) => error !== null);
      const seen = failed.map(([name, { error }]) => `${name}: ${error}`).join('; ');
      return verdict(failed.length === 0, seen === '' ? `${all.length} questions answered` : seen);
    },
  },
];

export const JUDGED_CLAIMS: readonly JudgedClaim[] = [
  ...PIECES,
  ...PARENTS,
  ...NAMES,
  ...SETTINGS,
  ...FAILURES,
  ...MAINTENANCE,
  ...SURROUNDINGS,
];
