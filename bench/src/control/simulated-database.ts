// Who a simulated database says it is: the same for the same registered database, so that every report agrees.
import { type DatabaseId } from '@adyton/domain';
import { createHash } from 'node:crypto';

export function identityOf(id: DatabaseId): { dbid: string; dbUniqueName: string } {
  const number = createHash('sha256').update(id).digest().readUInt32LE(0);
  return { dbid: String(number), dbUniqueName: `bench_${number}` };
}
