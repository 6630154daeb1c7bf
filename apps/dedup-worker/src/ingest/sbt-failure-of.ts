// Every failure below the SBT interface in the words of that interface: a code RMAN knows, and a text that names our code, the cause
// and what to do. RMAN prints it under ORA-19511, and the agent finds our code in it again.
import { AdytonError, errorCatalog, type ErrorCode } from '@adyton/contracts';
import { ObjectStoreError } from '@adyton/object-store';
import { SbtFailure } from '@adyton/sbt';
import { VaultError } from '@adyton/vault';

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
  const { code, sbtCode } = classify(error);
  const detail = error instanceof Error ? error.message : String(error);
  return new SbtFailure(sbtCode, `${code}: ${detail} | HINT: ${errorCatalog[code].hint}`);
}

function classify(error: unknown): {
  code: ErrorCode;
  sbtCode: typeof SBT_GENERIC | typeof SBT_NOT_FOUND | typeof SBT_EXISTS;
} {
  if (error instanceof AdytonError) return { code: error.code, sbtCode: SBT_GENERIC };
  if (error instanceof VaultError) return classifyVault(error);
  if (error instanceof ObjectStoreError) return { code: STORE_CODES[error.kind], sbtCode: SBT_GENERIC };
  return { code: 'ADY_INTERNAL', sbtCode: SBT_GENERIC };
}

function classifyVault(error: VaultError): ReturnType<typeof classify> {
  switch (error.kind) {
    case 'piece-exists':
      return { code: 'ADY_ALREADY_EXISTS', sbtCode: SBT_EXISTS };
    case 'piece-missing':
      return { code: 'ADY_PIECE_MISSING', sbtCode: SBT_NOT_FOUND };
    case 'wrong-key':
      return { code: 'ADY_VAULT_KEY_WRONG', sbtCode: SBT_GENERIC };
    case 'no-vault':
      return { code: 'ADY_VAULT_MISSING', sbtCode: SBT_GENERIC };
    case 'damaged':
      return { code: 'ADY_VAULT_DAMAGED', sbtCode: SBT_GENERIC };
    default:
      return { code: 'ADY_INTERNAL', sbtCode: SBT_GENERIC };
  }
}

const STORE_CODES = {
  unavailable: 'ADY_STORE_UNAVAILABLE',
  timeout: 'ADY_STORE_UNAVAILABLE',
  'corrupt-reply': 'ADY_STORE_UNAVAILABLE',
  'out-of-range': 'ADY_VAULT_DAMAGED',
  'no-bucket': 'ADY_STORE_UNAVAILABLE',
  'not-supported': 'ADY_STORE_UNAVAILABLE',
  denied: 'ADY_STORE_DENIED',
  full: 'ADY_STORE_FULL',
} as const satisfies Record<ObjectStoreError['kind'], ErrorCode>;
