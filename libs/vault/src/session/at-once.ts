// Works through a list with a bounded number of workers.
export async function forEachAtOnce<T>(
  items: readonly T[],
  workersMax: number,
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let i = next++; i < items.length; i = next++) {
      const item = items[i];
      if (item !== undefined) await work(item, i);
    }
  };
  await Promise.all(Array.from({ length: Math.min(workersMax, items.length) }, worker));
}
