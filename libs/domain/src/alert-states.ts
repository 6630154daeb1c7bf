// An alert says that somebody should look. It stands until its cause is gone or somebody says so; what comes back later is a new alert.
import { type TransitionTable } from './state-machine';

export type AlertState = 'open' | 'acknowledged' | 'resolved';

export const alertTransitions: TransitionTable<AlertState> = {
  open: ['acknowledged', 'resolved'],
  acknowledged: ['resolved'],
  resolved: [],
};

/** Least severe first. */
export const alertSeverities = ['info', 'warning', 'critical'] as const;
export type AlertSeverity = (typeof alertSeverities)[number];

/** Severities of channels that are told about an alert of this severity. */
export function severitiesUpTo(severity: AlertSeverity): readonly AlertSeverity[] {
  return alertSeverities.slice(0, alertSeverities.indexOf(severity) + 1);
}
