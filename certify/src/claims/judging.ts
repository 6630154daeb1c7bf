// How a claim is judged from the evidence of the steps.
import { type Evidence, type PieceRecord, type StepEvidence, type StepName } from '../evidence';
import { type SbtCall } from '../media/media-server';
import { notSeen, verdict, type JudgedClaim, type Verdict } from './claim';

type Judge = JudgedClaim['judge'];

/** Judges a step; not seen when it did not run. */
export function of(name: StepName, judge: (step: StepEvidence, evidence: Evidence) => Verdict): Judge {
  return (evidence) => {
    const step = evidence.steps[name];
    return step === undefined ? notSeen(`step ${name} did not run`) : judge(step, evidence);
  };
}

/** Judges the piece of a step; not seen when none was closed. */
export function ofPiece(name: StepName, judge: (piece: StepEvidence['pieces'][number]) => Verdict): Judge {
  return of(name, ({ pieces: [piece] }) =>
    piece === undefined ? notSeen(`step ${name} left no piece`) : judge(piece),
  );
}

/** The record of a step's piece or image copy of the data file, as it was when the step had ended. */
export function recordOf(evidence: Evidence, name: StepName): PieceRecord | undefined {
  return evidence.steps[name]?.records.find(({ handle }) => handle.includes(`${evidence.prefix}${name}_`));
}

/** Whether the level 1 of `child` starts where `parent` ended. Not seen when a base that is not expected ended at the same SCN. */
export function parentIs(child: StepName, parent: StepName, others: readonly StepName[]): Judge {
  return (evidence) => {
    const [level1, base] = [recordOf(evidence, child), recordOf(evidence, parent)];
    if (level1 === undefined || base === undefined) return notSeen(`no record of ${child} or ${parent}`);
    const alike = others.filter((name) => recordOf(evidence, name)?.checkpointScn === base.checkpointScn);
    if (alike.length > 0) return notSeen(`${parent} and ${alike.join(', ')} ended at the same SCN`);
    const seen = `level 1 from SCN ${level1.incrementalScn}; ${parent} ended at ${base.checkpointScn}`;
    return verdict(level1.incrementalScn === base.checkpointScn, seen);
  };
}

/** Whether the level 1 of `child` starts anywhere but where `base` ended. */
export function parentIsNot(child: StepName, base: StepName): Judge {
  return (evidence) => {
    const [level1, avoided] = [recordOf(evidence, child), recordOf(evidence, base)];
    if (level1 === undefined || avoided === undefined) return notSeen(`no record of ${child} or ${base}`);
    const seen = `level 1 from SCN ${level1.incrementalScn}; ${base} ended at ${avoided.checkpointScn}`;
    return verdict(level1.incrementalScn !== avoided.checkpointScn, seen);
  };
}

export const statusOf = (step: StepEvidence, handle: string | undefined): string =>
  step.records.find((record) => record.handle === handle)?.status ?? 'no record';
export const handleOf = (evidence: Evidence, name: StepName): string | undefined =>
  evidence.steps[name]?.pieces.at(-1)?.handle;
export const callsOf = ({ calls }: StepEvidence): SbtCall[] => calls.map(({ call }) => call);
export const named = (step: StepEvidence, call: SbtCall): string[] =>
  step.calls.filter((traced) => traced.call === call).flatMap(({ handles }) => [...handles]);
