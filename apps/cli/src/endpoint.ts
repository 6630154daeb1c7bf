// Where the control-plane is and who asks: flags first, then ADYTON_URL and ADYTON_TOKEN or ADYTON_TOKEN_FILE.
import { AdytonError, type ApiEndpoint } from '@adyton/contracts';
import { readFileSync } from 'node:fs';

export interface EndpointOverrides {
  readonly url?: string;
  readonly tokenFile?: string;
}

const DEFAULT_URL = 'http://127.0.0.1:8080';

export function endpointFromEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  overrides: EndpointOverrides,
): ApiEndpoint {
  const baseUrl = overrides.url ?? environment['ADYTON_URL'] ?? DEFAULT_URL;
  const tokenFile = overrides.tokenFile ?? environment['ADYTON_TOKEN_FILE'];
  const token = tokenFile === undefined ? (environment['ADYTON_TOKEN'] ?? '') : readToken(tokenFile);
  return { baseUrl, token };
}

function readToken(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (cause) {
    throw new AdytonError('ADY_UNAUTHENTICATED', `cannot read the token file ${path}`, {}, { cause });
  }
}
