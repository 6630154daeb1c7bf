// Which answers of a database are those of the registered one: its root, not a pluggable database in it.
import { confirmIdentity } from './confirm-identity';
import { type Identity, type Planning } from './backup-run';

const identityIn = (containerId: number) => ({
  identity: () => Promise.resolve({ dbid: '1', dbUniqueName: 'ORCL', containerId } as unknown as Identity),
});
const reported: object[] = [];
const run = {
  claimed: { database: { id: 'dbs_1' } },
  controlPlane: {
    reportIdentity: (_id: string, identity: object) => {
      reported.push(identity);
      return Promise.resolve();
    },
  },
} as unknown as Planning;

it.each([0, 1])('accepts a database without containers and the root (CON_ID %i)', async (containerId) => {
  await confirmIdentity(run, identityIn(containerId));
  expect(reported.at(-1)).toEqual({ dbid: '1', dbUniqueName: 'ORCL' });
});

it('S2.11 refuses a pluggable database before it is taken for the registered one', async () => {
  reported.length = 0;
  await expect(confirmIdentity(run, identityIn(3))).rejects.toMatchObject({ code: 'ADY_PLUGGABLE_DATABASE' });
  expect(reported).toEqual([]);
});
