// Misbehaviour on demand, by name, so that tests can show what the product does about it.
export interface FaultPlan {
  /** Share of requests answered 503, 0 to 1. */
  readonly errorRate?: number;
  /** Every answer is late by this, ms. */
  readonly latencyMs?: number;
  /** Requests are taken and never answered. */
  readonly hang?: boolean;
  /** Bodies of GET end half-way. */
  readonly cutBody?: boolean;
  /** One bit of each GET body is another. */
  readonly flipBitOnGet?: boolean;
  /** PUT is answered 507. */
  readonly full?: boolean;
  /** If-None-Match is ignored in silence, as one known gateway does. */
  readonly ignoreConditions?: boolean;
  readonly seed?: number;
}

const NAMES = [
  'errorRate',
  'latencyMs',
  'hang',
  'cutBody',
  'flipBitOnGet',
  'full',
  'ignoreConditions',
  'seed',
];

/** @throws RangeError naming an unknown fault. */
export function parseFaultPlan(text: string): FaultPlan {
  const plan = JSON.parse(text) as Record<string, unknown>;
  for (const name of Object.keys(plan))
    if (!NAMES.includes(name)) throw new RangeError(`no such fault: ${name}`);
  return plan;
}

export class Faults {
  private plan: FaultPlan = {};
  private state = 1;

  get current(): FaultPlan {
    return this.plan;
  }

  set(plan: FaultPlan): void {
    this.plan = plan;
    this.state = plan.seed ?? 1;
  }

  /** Whether this request is one of the unlucky ones. */
  strikes(): boolean {
    this.state = (Math.imul(this.state, 1_664_525) + 1_013_904_223) >>> 0;
    return this.state / 4_294_967_296 < (this.plan.errorRate ?? 0);
  }
}
