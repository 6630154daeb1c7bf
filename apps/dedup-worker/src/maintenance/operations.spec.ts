// Operations in hand while the ledger, a real Postgres, goes away.
import { type VaultOperationId } from '@adyton/domain';
import {
  createVaultOperation,
  findVaultOperation,
  isRefusal,
  openLedger,
  sweepVaultOperations,
} from '@adyton/ledger';
import { type Logger } from '@adyton/runtime';
import { nextId, useLedger } from '../../../../libs/ledger/src/testing/ledger-fixture';
import { Operations, type OperationTable, type ReportOf } from './operations';

/** Past the lease of an operation. */
const LEASE_OVER_SECONDS = 61;

const fixture = useLedger();

/** Keeps the names of events. */
function listeningLog(): { log: Logger; events: string[] } {
  const events: string[] = [];
  const note = (_fields: object, event: string): void => void events.push(event);
  return { events, log: { info: note, warn: note, error: note } as unknown as Logger };
}

describe('an operation whose ledger is away when it ends', () => {
  it('is told in the log, does not end the worker, and ends with its lease', async () => {
    const unhandled: unknown[] = [];
    const onUnhandled = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', onUnhandled);
    const ledger = openLedger({ url: fixture.url, connectionsMax: 2 });
    const goOn = Promise.withResolvers<void>();
    const rebuild: OperationTable['rebuild-ledger'] = async () => {
      await goOn.promise;
      return { report: REPORT, reason: null };
    };
    const { log, events } = listeningLog();
    const operations = new Operations({
      ledger,
      table: { 'rebuild-ledger': rebuild } as OperationTable,
      log,
    });
    const id = await asked();
    await operations.accept(id);
    await ledger.close();
    goOn.resolve();
    await operations.close();
    await new Promise(setImmediate);
    process.off('unhandledRejection', onUnhandled);

    expect(unhandled).toEqual([]);
    expect(events).toContain('vault-operation.end-not-recorded');
    expect(events).not.toContain('vault-operation.ended');
    const { session } = fixture.ledger;
    expect(await findVaultOperation(session, id)).toMatchObject({ state: 'running' });
    await fixture.moveClock(LEASE_OVER_SECONDS);
    expect(await sweepVaultOperations(session)).toEqual([id]);
    expect(await findVaultOperation(session, id)).toMatchObject({ state: 'failed' });
  });
});

const REPORT: ReportOf<'rebuild-ledger'> = {
  kind: 'rebuild-ledger',
  databases: 0,
  databasesRegistered: [],
  pointsAdded: 0,
  pointsKnown: 0,
  leftOut: [],
};

async function asked(): Promise<VaultOperationId> {
  const id = nextId<VaultOperationId>('vop');
  const created = await createVaultOperation(fixture.ledger.session, {
    id,
    options: { kind: 'rebuild-ledger' },
    principal: 'api',
    claimSeconds: 10,
  });
  if (isRefusal(created)) throw new Error(created.detail);
  return id;
}
