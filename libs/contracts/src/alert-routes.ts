// Alerts and where they are sent to.
import { z } from 'zod';
import {
  acknowledgeAlert,
  alert,
  alertDetail,
  alertSeverity,
  alertState,
  changeChannel,
  createChannel,
  createdChannel,
  delivery,
  notificationChannel,
  resolveAlert,
} from './alert-resources';
import { defineRoutes, nothing, page, pageQuery } from './route';

const alertQuery = pageQuery.extend({
  /** `unresolved`: open or acknowledged. */
  state: z.union([alertState, z.literal('unresolved')]).optional(),
  severity: alertSeverity.optional(),
  /** Name or id. */
  database: z.string().max(64).optional(),
});

export const alertRoutes = defineRoutes({
  listAlerts: {
    method: 'GET',
    path: '/api/v1/alerts',
    summary: 'Lists alerts, newest first',
    auth: 'api',
    status: 200,
    query: alertQuery,
    response: page(alert),
  },
  getAlert: {
    method: 'GET',
    path: '/api/v1/alerts/{id}',
    summary: 'One alert with its notifications',
    auth: 'api',
    status: 200,
    response: alertDetail,
  },
  acknowledgeAlert: {
    method: 'POST',
    path: '/api/v1/alerts/{id}/acknowledge',
    summary: 'Somebody has seen it',
    auth: 'api',
    status: 200,
    body: acknowledgeAlert,
    response: alert,
  },
  resolveAlert: {
    method: 'POST',
    path: '/api/v1/alerts/{id}/resolve',
    summary: 'Ends an alert by hand; if the cause is still there, the next sign of it opens another',
    auth: 'api',
    status: 200,
    body: resolveAlert,
    response: alert,
  },

  createNotificationChannel: {
    method: 'POST',
    path: '/api/v1/notification-channels',
    summary: 'Adds a webhook and shows its signing secret once',
    auth: 'api',
    status: 201,
    body: createChannel,
    response: createdChannel,
  },
  listNotificationChannels: {
    method: 'GET',
    path: '/api/v1/notification-channels',
    summary: 'Lists the notification channels',
    auth: 'api',
    status: 200,
    response: z.object({ items: z.array(notificationChannel) }),
  },
  changeNotificationChannel: {
    method: 'PATCH',
    path: '/api/v1/notification-channels/{channel}',
    summary: 'Changes the fields that are named; a disabled channel gets nothing',
    auth: 'api',
    status: 200,
    body: changeChannel,
    response: notificationChannel,
  },
  deleteNotificationChannel: {
    method: 'DELETE',
    path: '/api/v1/notification-channels/{channel}',
    summary: 'Removes a channel with its deliveries',
    auth: 'api',
    status: 204,
    response: nothing,
  },
  testNotificationChannel: {
    method: 'POST',
    path: '/api/v1/notification-channels/{channel}/test',
    summary: 'Sends a test message, once',
    auth: 'api',
    status: 202,
    response: delivery,
  },
  listDeliveries: {
    method: 'GET',
    path: '/api/v1/notification-channels/{channel}/deliveries',
    summary: 'What was sent to a channel, newest first, with every attempt',
    auth: 'api',
    status: 200,
    query: pageQuery,
    response: page(delivery),
  },
  getDelivery: {
    method: 'GET',
    path: '/api/v1/notification-deliveries/{id}',
    summary: 'One delivery with its attempts',
    auth: 'api',
    status: 200,
    response: delivery,
  },
});
