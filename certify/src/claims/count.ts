// How much of the lab nobody has proven. What the lab invented for itself is no claim about Oracle and does not count.
import { JUDGED_CLAIMS } from './certified';
import { type Claim } from './claim';
import { CLUSTER_CLAIMS, FILES_CLAIMS, LISTENER_CLAIMS, RMAN_CLAIMS } from './page-claims';
import { PROVEN } from './proven';

const PAGE_CLAIMS: readonly Claim[] = [
  ...LISTENER_CLAIMS,
  ...FILES_CLAIMS,
  ...CLUSTER_CLAIMS,
  ...RMAN_CLAIMS,
];
const OWN = /^(own|L)\b/;

export function countClaims(): {
  readonly claims: number;
  readonly judged: number;
  readonly unproven: number;
} {
  const ofOracle = PAGE_CLAIMS.filter(({ sure }) => !OWN.test(sure)).length;
  const claims = ofOracle + JUDGED_CLAIMS.length;
  const proven = JUDGED_CLAIMS.filter(({ id }) => (PROVEN[id] ?? []).length > 0).length;
  return { claims, judged: JUDGED_CLAIMS.length, unproven: claims - proven };
}
