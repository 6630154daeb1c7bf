// The policy of a database: one each, shown, changed with the consequences in sight, and simulated.
import { changePolicy, policyDetail, policySimulation, simulatePolicy } from './policy-resources';
import { defineRoutes } from './route';

export const policyRoutes = defineRoutes({
  getPolicy: {
    method: 'GET',
    path: '/api/v1/databases/{database}/policy',
    summary: 'The policy of a database',
    auth: 'api',
    status: 200,
    response: policyDetail,
  },
  changePolicy: {
    method: 'PUT',
    path: '/api/v1/databases/{database}/policy',
    summary: 'Sets the policy; one that lets recovery points go needs the digest of the shown plan',
    auth: 'api',
    status: 200,
    body: changePolicy,
    response: policyDetail,
  },
  simulatePolicy: {
    method: 'POST',
    path: '/api/v1/databases/{database}/policy/simulate',
    summary: 'Next runs, and what retention would keep and let go on a day; changes nothing',
    auth: 'api',
    status: 200,
    body: simulatePolicy,
    response: policySimulation,
  },
});
