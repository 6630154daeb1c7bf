// What the catalog says of each error.
/** `never`: the same request fails again. `operator`: after somebody acted. `later`: by itself, with back-off. */
export type RetryPolicy = 'never' | 'operator' | 'later';

export interface ErrorSpec {
  readonly http: number;
  readonly retry: RetryPolicy;
  readonly title: string;
  readonly hint: string;
  /** Exit code of the CLI: 1 failed, 2 usage, 3 degraded, 4 refused, 5 not found, 6 agent offline, 7 expired, 8 busy, 9 auth, 10 store, 11 mismatch. */
  readonly exit: number;
}
