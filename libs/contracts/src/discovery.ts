// Discovery: what an agent saw on its host, and what the control-plane made of it.
import { discoveryEventKinds } from '@adyton/domain';
import { z } from 'zod';
import {
  connectDescriptor,
  databaseId,
  dbid,
  discoveryId,
  foundDatabaseId,
  hostId,
  hostPath,
  instant,
  oracleSid,
  plainName,
  reason,
  scn,
} from './schemas';

/** What is looked at, in this order; `rman` asks each running instance who it is. */
export const discoveryTools = [
  'oratab',
  'processes',
  'cluster-home',
  'olsnodes',
  'crsctl',
  'srvctl',
  'rman',
  'lsnrctl',
] as const;
export type DiscoveryTool = (typeof discoveryTools)[number];

/** Instances of one host; a large consolidation host has some dozens. */
export const INSTANCES_MAX = 500;
/** Lines of a tool's output that nobody understood: enough to see what it printed. */
export const UNKNOWN_LINES_MAX = 20;
export const UNKNOWN_LINE_CHARS_MAX = 200;
export const TOOL_DETAIL_CHARS_MAX = 500;
const CLUSTER_NODES_MAX = 128;

const toolReport = z.strictObject({
  tool: z.enum(discoveryTools),
  /** `absent`: not installed there, as on a host without a cluster. `not-understood`: it printed lines that are not known. */
  outcome: z.enum(['ok', 'absent', 'failed', 'timed-out', 'not-understood']),
  detail: z.string().max(TOOL_DETAIL_CHARS_MAX),
  unknownLines: z.array(z.string().max(UNKNOWN_LINE_CHARS_MAX)).max(UNKNOWN_LINES_MAX),
});

const seenIdentity = z.strictObject({
  dbid,
  dbName: z.string().min(1).max(30),
  dbUniqueName: z.string().min(1).max(30),
  resetlogsScn: scn,
});

const seenInstance = z.strictObject({
  sid: oracleSid,
  oracleHome: hostPath,
  /** Its pmon is there; otherwise it is configured and down. */
  running: z.boolean(),
  clustered: z.boolean(),
  /** Null when it is down or did not say. */
  identity: seenIdentity.nullable(),
  /** Where its listener takes connections to it; null when no listener named it. */
  connectDescriptor: connectDescriptor.nullable(),
});

const seenCluster = z.strictObject({
  online: z.boolean(),
  nodes: z.array(z.string().max(255)).max(CLUSTER_NODES_MAX),
  databases: z
    .array(
      z.strictObject({
        dbUniqueName: z.string().max(30),
        instances: z
          .array(z.strictObject({ sid: oracleSid, node: z.string().max(255), running: z.boolean() }))
          .max(CLUSTER_NODES_MAX),
      }),
    )
    .max(INSTANCES_MAX),
});

/** What the agent saw, as it saw it. */
export const discoveryReport = z.strictObject({
  tools: z.array(toolReport).max(discoveryTools.length),
  instances: z.array(seenInstance).max(INSTANCES_MAX),
  /** Null on a host without Grid Infrastructure. */
  cluster: seenCluster.nullable(),
});

const discoveryEvent = z.object({
  id: z.int().positive(),
  at: instant,
  discoveryId,
  hostName: plainName,
  kind: z.enum(discoveryEventKinds),
  foundDatabaseId,
  /** The registered database it is about, if it is one. */
  databaseId: databaseId.nullable(),
  dbUniqueName: z.string(),
  detail: z.string(),
});

/** One look at one host. */
export const discovery = z.object({
  id: discoveryId,
  hostId,
  hostName: plainName,
  trigger: z.enum(['manual', 'scheduled']),
  state: z.enum(['requested', 'completed', 'failed']),
  /** Why it failed. */
  reason: reason.nullable(),
  report: discoveryReport.nullable(),
  createdAt: instant,
  finishedAt: instant.nullable(),
});

/** A database that was found, with the instances it was last seen with. */
export const foundDatabase = z.object({
  id: foundDatabaseId,
  dbid,
  dbName: z.string(),
  dbUniqueName: z.string(),
  resetlogsScn: scn,
  /** `vanished`: none of its hosts sees it any more. Nothing of it is deleted. */
  state: z.enum(['seen', 'vanished']),
  /** It runs on several hosts that are no cluster. */
  duplicate: z.boolean(),
  /** The registered database it is, if any. */
  databaseId: databaseId.nullable(),
  databaseName: plainName.nullable(),
  firstSeenAt: instant,
  lastSeenAt: instant,
  instances: z.array(
    z.object({
      hostId,
      hostName: plainName,
      sid: z.string(),
      oracleHome: z.string(),
      state: z.enum(['running', 'down', 'gone']),
      lastSeenAt: instant,
    }),
  ),
});

export type DiscoveryReport = z.infer<typeof discoveryReport>;
export type DiscoveryToolReport = z.infer<typeof toolReport>;
export type SeenInstance = z.infer<typeof seenInstance>;
export type SeenCluster = z.infer<typeof seenCluster>;
export type Discovery = z.infer<typeof discovery>;
export type DiscoveryEventRecord = z.infer<typeof discoveryEvent>;
export type FoundDatabase = z.infer<typeof foundDatabase>;
export { discoveryEvent };
