// A store that tells how much was read from it, and that stops giving when the operation is no longer this worker's.
import { type ObjectStore } from '@adyton/object-store';
import { type OperationContext } from './operations';

export function watchedStore(store: ObjectStore, context: OperationContext): ObjectStore {
  const progress = { objectsDone: 0, bytesRead: 0 };
  return {
    ...store,
    name: store.name,
    get: async (key, options) => {
      context.signal.throwIfAborted();
      const bytes = await store.get(key, options);
      progress.objectsDone += 1;
      progress.bytesRead += bytes?.length ?? 0;
      context.show({ ...progress, objectsExpected: null });
      return bytes;
    },
  };
}
