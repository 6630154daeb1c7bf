// Discovery in the REST API: asking a host to look, what was seen, and what changed.
import { discovery, discoveryEvent, foundDatabase } from './discovery';
import { defineRoutes, page, pageQuery } from './route';

export const discoveryRoutes = defineRoutes({
  discoverHost: {
    method: 'POST',
    path: '/api/v1/hosts/{host}/discover',
    summary: 'Asks the agent of a host, by name or id, to look for databases now',
    auth: 'api',
    status: 202,
    response: discovery,
  },
  listDiscoveries: {
    method: 'GET',
    path: '/api/v1/discoveries',
    summary: 'Looks at hosts, newest first',
    auth: 'api',
    status: 200,
    query: pageQuery,
    response: page(discovery),
  },
  getDiscovery: {
    method: 'GET',
    path: '/api/v1/discoveries/{id}',
    summary: 'One look at a host with what was seen',
    auth: 'api',
    status: 200,
    response: discovery,
  },
  listDiscoveryEvents: {
    method: 'GET',
    path: '/api/v1/discovery-events',
    summary: 'Databases that are new, moved, renamed, gone, back or twice, newest first',
    auth: 'api',
    status: 200,
    query: pageQuery,
    response: page(discoveryEvent),
  },
  listFoundDatabases: {
    method: 'GET',
    path: '/api/v1/found-databases',
    summary: 'Databases that were found, registered or not, with their instances',
    auth: 'api',
    status: 200,
    query: pageQuery,
    response: page(foundDatabase),
  },
});
