// The agent API's part for RMAN's own records of our pieces: which it must forget, and which it should have.
import { z } from 'zod';
import { uncatalogBatch, uncatalogReport } from './retention-resources';
import { defineRoutes, nothing } from './route';

/** Oracle's own limit of control_file_record_keep_time. */
const RECORD_DAYS_MAX = 365;

/** A piece that RMAN should have on record. */
const pieceToKnow = z.object({
  handle: z.string(),
  /** Needed by no recovery point any more, or never: it waits for its release. */
  unneeded: z.boolean(),
});
export type PieceToKnow = z.infer<typeof pieceToKnow>;

export const recordRoutes = defineRoutes({
  getUncatalogBatch: {
    method: 'GET',
    path: '/agent/v1/databases/{id}/uncatalog',
    summary: 'The next pieces that RMAN has to forget; nothing needs them any more',
    auth: 'host',
    status: 200,
    response: uncatalogBatch,
  },
  reportUncataloged: {
    method: 'POST',
    path: '/agent/v1/databases/{id}/uncatalog',
    summary: 'Pieces that RMAN does not list any more, and why it lists others still',
    auth: 'host',
    status: 204,
    body: uncatalogReport,
    response: nothing,
  },
  listPiecesToKnow: {
    method: 'GET',
    path: '/agent/v1/databases/{id}/pieces',
    summary: 'The pieces of ended runs that the vault holds and RMAN should have on record',
    auth: 'host',
    status: 200,
    /** As long as RMAN surely keeps its own records. */
    query: z.object({ withinDays: z.coerce.number().int().min(0).max(RECORD_DAYS_MAX) }),
    response: z.object({ items: z.array(pieceToKnow) }),
  },
});
