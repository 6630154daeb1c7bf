// The share of the line that a policy gives to a database: all its backups on this host have it together, whatever their lanes and channels,
// and the newest grant says how much it is. What they restore does not count.
import { type SessionGrant } from '@adyton/contracts';
import { type DatabaseId } from '@adyton/domain';
import { Pace, rateLimitedStore, type ObjectStore, type PaceOptions } from '@adyton/object-store';

export class DatabaseLines {
  /** One for each database that ever had a limit: a handful on a host. */
  private readonly paces = new Map<DatabaseId, Pace>();

  constructor(
    private readonly store: ObjectStore,
    private readonly time: PaceOptions = {},
  ) {}

  /** The store as the backups of this run may use it. */
  storeFor({ databaseId, bandwidthBytesPerSecond: rate }: SessionGrant): ObjectStore {
    return rate === undefined ? this.store : rateLimitedStore(this.store, this.paceOf(databaseId, rate));
  }

  private paceOf(databaseId: DatabaseId, bytesPerSecond: number): Pace {
    const pace = this.paces.get(databaseId) ?? new Pace(bytesPerSecond, this.time);
    pace.bytesPerSecond = bytesPerSecond;
    this.paces.set(databaseId, pace);
    return pace;
  }
}
