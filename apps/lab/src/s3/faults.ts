// Misbehaviour on demand, by name, so that tests can show what the product does about it. A plan replaces the one before; faults of one
// plan act together.

/** Every fault: what kind of value arms it, and what happens. */
export const S3_FAULTS = {
  errorRate: { takes: 'number', about: 'share of requests answered with an error, 0 to 1' },
  errorStatus: { takes: 'number', about: 'status of those: 503 SlowDown (default) or 500 InternalError' },
  latencyMs: { takes: 'number', about: 'every answer is late by this, ms' },
  trickleBytesPerSecond: { takes: 'number', about: 'bodies of GET come this slowly' },
  hang: { takes: 'boolean', about: 'requests are taken and never answered' },
  cutBody: { takes: 'boolean', about: 'bodies of GET end half-way' },
  cutPut: { takes: 'boolean', about: 'the connection of a PUT breaks half-way, nothing is stored' },
  lostReply: { takes: 'boolean', about: 'a PUT or DELETE is carried out, its answer is lost' },
  flipBitOnGet: { takes: 'boolean', about: 'one bit of each GET body is another' },
  staleListMs: { takes: 'number', about: 'objects younger than this, ms, are missing from lists' },
  wrongCredentials: { takes: 'boolean', about: 'the access key is not known any more: 403' },
  full: { takes: 'boolean', about: 'PUT is answered 507' },
  ignoreConditions: {
    takes: 'boolean',
    about: 'If-None-Match is ignored in silence, as one known gateway does',
  },
  refuseConditions: { takes: 'boolean', about: 'If-None-Match is answered 501: no conditional PUT here' },
  clockSkewSeconds: {
    takes: 'number',
    about: 'the clock of the server is ahead by this, s; less than 0: behind',
  },
  times: { takes: 'number', about: 'how many requests the faults without a rate strike; absent = all' },
  seed: { takes: 'number', about: 'which requests the rate strikes' },
} as const satisfies Record<string, { takes: 'number' | 'boolean'; about: string }>;

type S3FaultName = keyof typeof S3_FAULTS;
type TakenBy<N extends S3FaultName> = (typeof S3_FAULTS)[N]['takes'] extends 'number' ? number : boolean;
type FaultPlan = { readonly [N in S3FaultName]?: TakenBy<N> };
type Switch = { [N in S3FaultName]: TakenBy<N> extends boolean ? N : never }[S3FaultName];

const ERROR_STATUSES = [500, 503];

/** @throws RangeError naming an unknown fault, or one armed with a wrong value. */
export function parseFaultPlan(text: string): FaultPlan {
  const plan = JSON.parse(text) as Record<string, unknown>;
  for (const [name, value] of Object.entries(plan)) {
    if (!Object.hasOwn(S3_FAULTS, name)) throw new RangeError(`no such fault: ${name}`);
    const { takes } = S3_FAULTS[name as S3FaultName];
    if (typeof value !== takes) throw new RangeError(`${name} takes a ${takes}`);
  }
  const { errorStatus } = plan as FaultPlan;
  if (errorStatus !== undefined && !ERROR_STATUSES.includes(errorStatus))
    throw new RangeError(`errorStatus is one of ${ERROR_STATUSES.join(', ')}`);
  return plan;
}

export class Faults {
  private plan: FaultPlan = {};
  private state = 1;
  private left = Number.POSITIVE_INFINITY;

  get current(): FaultPlan {
    return this.plan;
  }

  set(plan: FaultPlan): void {
    this.plan = plan;
    this.state = plan.seed ?? 1;
    this.left = plan.times ?? Number.POSITIVE_INFINITY;
  }

  /** Whether this request is one of the unlucky ones. */
  strikes(): boolean {
    this.state = (Math.imul(this.state, 1_664_525) + 1_013_904_223) >>> 0;
    return this.state / 4_294_967_296 < (this.plan.errorRate ?? 0);
  }

  /** Whether the fault is on and not spent; each yes uses one of its times up. */
  takes(name: Switch): boolean {
    if (this.plan[name] !== true || this.left <= 0) return false;
    this.left -= 1;
    return true;
  }
}
