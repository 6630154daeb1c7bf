// Encrypted tablespaces and their keystore.
import { masterKeyId } from '../control-file/master-key';
import { type ViewDeclaration, type ViewSource } from './view';

/** A database with an encrypted tablespace is opened with its keystore, which can be closed and opened since. */
function keystoreStatus({ live, controlFile }: ViewSource): string {
  if (live.identity().status === 'STARTED' || !controlFile().tablespaces.some((t) => t.encrypted === true))
    return 'NOT_AVAILABLE';
  return controlFile().keystore?.isOpen === false ? 'CLOSED' : 'OPEN';
}

export const ENCRYPTION_VIEWS: readonly ViewDeclaration[] = [
  {
    name: 'ENCRYPTED_TABLESPACES',
    needs: 'mounted',
    columns:
      'TS#:n ENCRYPTIONALG:t7 ENCRYPTEDTS:t3 MASTERKEYID:r16 STATUS:t10 KEY_VERSION:n BLOCKS_ENCRYPTED:n',
    rows: (source) =>
      source
        .controlFile()
        .tablespaces.filter((t) => t.encrypted === true)
        .map((t) => ({
          ...(t.conId === undefined ? {} : { CON_ID: t.conId }),
          'TS#': t.ts,
          ENCRYPTIONALG: 'AES256',
          ENCRYPTEDTS: 'YES',
          MASTERKEYID: masterKeyId(source.controlFile()),
          STATUS: 'NORMAL',
        })),
  },
  {
    name: 'ENCRYPTION_WALLET',
    needs: 'started',
    columns:
      'WRL_TYPE:t20 WRL_PARAMETER:t4000 STATUS:t30 WALLET_TYPE:t20 WALLET_ORDER:t9 KEYSTORE_MODE:t8 FULLY_BACKED_UP:t9',
    rows: (source) => [
      {
        WRL_TYPE: 'FILE',
        STATUS: keystoreStatus(source),
        WALLET_TYPE: 'UNKNOWN',
        WALLET_ORDER: 'SINGLE',
        KEYSTORE_MODE: 'NONE',
        FULLY_BACKED_UP: 'UNDEFINED',
      },
    ],
  },
];
