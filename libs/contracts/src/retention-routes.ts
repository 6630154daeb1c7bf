// Retention as it is carried out: what is on its way out, holding it up, and databases that are gone.
import { recoveryPoint } from './rest-resources';
import { forgetDatabase, forgotten, holdRecoveryPoint, retentionStatus } from './retention-resources';
import { defineRoutes } from './route';

export const retentionRoutes = defineRoutes({
  getRetention: {
    method: 'GET',
    path: '/api/v1/databases/{database}/retention',
    summary: 'Recovery points that are held or on their way out, and what their pieces wait for',
    auth: 'api',
    status: 200,
    response: retentionStatus,
  },
  holdRecoveryPoint: {
    method: 'POST',
    path: '/api/v1/recovery-points/{id}/hold',
    summary: 'Keeps a recovery point whatever retention says; one that is expiring is taken back',
    auth: 'api',
    status: 200,
    body: holdRecoveryPoint,
    response: recoveryPoint,
  },
  unholdRecoveryPoint: {
    method: 'POST',
    path: '/api/v1/recovery-points/{id}/unhold',
    summary: 'Ends a hold: retention decides again',
    auth: 'api',
    status: 200,
    response: recoveryPoint,
  },
  revokeExpiry: {
    method: 'POST',
    path: '/api/v1/recovery-points/{id}/revoke',
    summary: 'Takes an expiring recovery point back, and holds it',
    auth: 'api',
    status: 200,
    body: holdRecoveryPoint,
    response: recoveryPoint,
  },
  forgetDatabase: {
    method: 'POST',
    path: '/api/v1/databases/{database}/forget',
    summary: 'The database is gone: its pieces no longer wait for RMAN; confirm repeats its name',
    auth: 'api',
    status: 200,
    body: forgetDatabase,
    response: forgotten,
  },
});
