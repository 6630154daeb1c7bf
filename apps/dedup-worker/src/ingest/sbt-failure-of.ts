// Every failure below the SBT interface in the words of that interface: a code RMAN knows, and a text that names our code, the cause
// and what to do. RMAN prints it under ORA-19511, and the agent finds our code in it again.
import { errorCatalog } from '@adyton/contracts';
import { SbtFailure } from '@adyton/sbt';
import { VaultError } from '@adyton/vault';
import { errorCodeOf } from '@adyton/vault-access';

const SBT_GENERIC = 7501;
const SBT_NOT_FOUND = 7502;
const SBT_EXISTS = 7503;

/** Runs `work`; whatever it throws leaves as an SbtFailure. */
export async function inSbtTerms<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw sbtFailureOf(error);
  }
}

export function sbtFailureOf(error: unknown): SbtFailure {
  if (error instanceof SbtFailure) return error;
  const code = errorCodeOf(error);
  const detail = error instanceof Error ? error.message : String(error);
  return new SbtFailure(sbtCodeOf(error), `${code}: ${detail} | HINT: ${errorCatalog[code].hint}`);
}

function sbtCodeOf(error: unknown): typeof SBT_GENERIC | typeof SBT_NOT_FOUND | typeof SBT_EXISTS {
  if (!(error instanceof VaultError)) return SBT_GENERIC;
  if (error.kind === 'piece-exists') return SBT_EXISTS;
  return error.kind === 'piece-missing' ? SBT_NOT_FOUND : SBT_GENERIC;
}
