// The agent API's part for clusters: a run asks the hosts of the other instances to take part, and they say how their instances are. One whose own
// instance is not eligible leaves it for the next one, whose host takes it over. For a dry run the hosts only say how their instances are.
import { runInstanceTransitions, statesOf } from '@adyton/domain';
import { z } from 'zod';
import { claimedRun, RUN_INSTANCES_MAX } from './claimed-run';
import { database, instanceCheck } from './rest-resources';
import { defineRoutes, nothing } from './route';
import { connectDescriptor, fence, hostPath, oracleSid, plainName, reason } from './schemas';

/** Checks of one instance in one report. */
const CHECKS_MAX = 50;

/** What a channel on that host needs; the token itself stays there. */
const channelPlace = z.strictObject({ libraryPath: hostPath, socketPath: hostPath, tokenFile: hostPath });

const runInstance = z.object({
  sid: oracleSid,
  hostName: plainName,
  connectDescriptor,
  state: z.enum(statesOf(runInstanceTransitions)),
  /** Null until it is eligible. */
  place: channelPlace.nullable(),
  checks: z.array(instanceCheck),
  /** Its agent gave no sign for longer than an agent that runs does. */
  silent: z.boolean(),
  /** Why it is lost. */
  detail: z.string().nullable(),
});

const instancesOfRun = z.object({
  items: z.array(runInstance).max(RUN_INSTANCES_MAX),
  /** Id of the writer session that those of other hosts belong to; null until the dedup-worker of the run's host has opened it. */
  writerSession: z.string().nullable(),
});

const underFence = z.strictObject({ fence });

/** What its own host says of an instance. */
const checks = z.array(instanceCheck).max(CHECKS_MAX);
const eligible = z.strictObject({ state: z.literal('eligible'), place: channelPlace, checks });
const ineligible = z.strictObject({ state: z.literal('ineligible'), checks });
const instanceVerdict = z.discriminatedUnion('state', [eligible, ineligible]);

const instanceToCheck = z.object({
  database,
  oracleHome: hostPath,
  /** Leads to this instance. */
  connectDescriptor,
});

export const instanceRoutes = defineRoutes({
  leaveInstance: {
    method: 'POST',
    path: '/agent/v1/runs/{id}/leave-instance',
    summary:
      'The run’s own instance is not eligible: before any data flows the run moves to the next one; without one it fails with the reasons of all',
    auth: 'host',
    status: 200,
    body: z.strictObject({
      fence,
      /** Why the run would end if there were no other instance. */
      reason,
      /** The checks it failed. */
      checks: checks.min(1),
    }),
    /** Null: there was no other one, or the run was cancelled; it has ended. */
    response: z.object({ movedTo: z.object({ instance: oracleSid, hostName: plainName }).nullable() }),
  },
  takeOverRun: {
    method: 'POST',
    path: '/agent/v1/runs/{id}/take-over',
    summary:
      'Takes over a run that was moved to an instance of this host, once; the answer is that of a claim',
    auth: 'host',
    status: 200,
    body: z.strictObject({ fence, incarnation: z.string().max(64) }),
    response: claimedRun,
  },
  askInstances: {
    method: 'POST',
    path: '/agent/v1/runs/{id}/instances',
    summary: 'Asks the hosts of the other instances to take part in the run; asking twice asks once',
    auth: 'host',
    status: 200,
    body: underFence,
    response: instancesOfRun,
  },
  listRunInstances: {
    method: 'GET',
    path: '/agent/v1/runs/{id}/instances',
    summary: 'How the other instances of the run are',
    auth: 'host',
    status: 200,
    response: instancesOfRun,
  },
  joinRun: {
    method: 'POST',
    path: '/agent/v1/runs/{id}/instances/{sid}/join',
    summary:
      'What a host that was asked needs to take part; each call gives a new token, and only the newest is good',
    auth: 'host',
    status: 200,
    body: underFence,
    response: instanceToCheck.extend({
      fence,
      /** Secret of this host's SBT sessions of the run. */
      sbtToken: z.string(),
    }),
  },
  reportInstance: {
    method: 'POST',
    path: '/agent/v1/runs/{id}/instances/{sid}',
    summary: 'How an instance is: its checks first, then a sign of life every few seconds, or its loss',
    auth: 'host',
    status: 200,
    body: z.strictObject({
      fence,
      word: z.discriminatedUnion('state', [
        eligible,
        ineligible,
        z.strictObject({ state: z.literal('alive') }),
        z.strictObject({ state: z.literal('lost'), detail: z.string().max(500) }),
      ]),
    }),
    /** `goesOn`: whether the run still wants the instance. */
    response: z.object({ goesOn: z.boolean() }),
  },
  listDryRunInstances: {
    method: 'GET',
    path: '/agent/v1/dry-runs/{id}/instances',
    summary: 'How the other instances are that a backup would ask; asked when the dry run was',
    auth: 'host',
    status: 200,
    response: instancesOfRun.pick({ items: true }),
  },
  openInstanceCheck: {
    method: 'GET',
    path: '/agent/v1/dry-runs/{id}/instances/{sid}',
    summary: 'What a host that was asked needs to check its instance for a backup that is not run',
    auth: 'host',
    status: 200,
    response: instanceToCheck,
  },
  answerInstanceCheck: {
    method: 'POST',
    path: '/agent/v1/dry-runs/{id}/instances/{sid}',
    summary: 'How the instance is; the first answer counts',
    auth: 'host',
    status: 204,
    body: z.strictObject({ verdict: instanceVerdict }),
    response: nothing,
  },
});

export type ChannelPlace = z.infer<typeof channelPlace>;
export type RunInstance = z.infer<typeof runInstance>;
export type InstancesOfRun = z.infer<typeof instancesOfRun>;
export type InstanceWord = z.infer<typeof instanceRoutes.reportInstance.body>['word'];
export type InstanceVerdict = z.infer<typeof instanceVerdict>;
export type InstanceToCheck = z.infer<typeof instanceToCheck>;
export type JoinedRun = z.infer<typeof instanceRoutes.joinRun.response>;
