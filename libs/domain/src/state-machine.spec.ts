// Every table of states: all can be reached, all lead to an end, none is left otherwise.
import { alertTransitions } from './alert-states';
import { deliveryTransitions } from './delivery-attempts';
import { pieceReleaseTransitions } from './piece-release-states';
import { recoveryPointTransitions } from './recovery-point-states';
import { requestTransitions } from './request-states';
import { runTransitions } from './run-states';
import { isTerminal, statesLeadingTo, statesOf, transition, type TransitionTable } from './state-machine';

const machines: [string, TransitionTable<string>, string][] = [
  ['request', requestTransitions, 'requested'],
  ['run', runTransitions, 'planning'],
  ['recovery point', recoveryPointTransitions, 'available'],
  ['piece on its way out', pieceReleaseTransitions, 'kept'],
  ['alert', alertTransitions, 'open'],
  ['delivery', deliveryTransitions, 'pending'],
];

function reachableFrom(table: TransitionTable<string>, from: string): Set<string> {
  const reached = new Set([from]);
  for (const state of reached) for (const next of table[state] ?? []) reached.add(next);
  return reached;
}

describe.each(machines)('the states of a %s', (_, table, initial) => {
  it('can all be reached', () => {
    expect([...reachableFrom(table, initial)].sort()).toEqual([...statesOf(table)].sort());
  });

  it('all lead to an end', () => {
    for (const state of statesOf(table))
      expect([...reachableFrom(table, state)].some((s) => isTerminal(table, s))).toBe(true);
  });

  it('are left only along the table', () => {
    for (const from of statesOf(table))
      for (const to of statesOf(table))
        expect(transition(table, from, to).kind).toBe(
          statesLeadingTo(table, to).includes(from) ? 'moved' : 'refused',
        );
  });
});
