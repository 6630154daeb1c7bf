// How a process reaches the vault: the object store its settings name, the key file, and what can go wrong in the words of the catalog.
export { configuredStore, storeProbe, type StoreOpener, type StoreSettings } from './configured-store';
export {
  openConfiguredVault,
  prepareVault,
  vaultKeySettings,
  type PreparedVault,
  type VaultSettings,
} from './configured-vault';
export { errorCodeOf, inOurWords } from './in-our-words';
export { createKeyFile, KEY_FILE_BYTES, readKeyFile } from './key-file';
