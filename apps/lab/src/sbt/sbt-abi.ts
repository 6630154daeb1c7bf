/** Numbers of the media-management interface (SBT 2.0) as Oracle's side of it needs them. 64-bit Linux only. */

/** Bytes of one {tag, value} pair; every list is an array of them behind each other. */
export const PAIR_BYTES = 16;
/** A list longer than this has no end tag. */
export const PAIRS_MAX = 4096;

/** The seven names Oracle looks for, although it calls the first only. */
export const ENTRY_POINTS = [
  'sbtinit',
  'sbtopen',
  'sbtclose',
  'sbtread',
  'sbtwrite',
  'sbtremove',
  'sbtinfo',
] as const;

/** Tags of what sbtinit answers. */
export const INIT_TAG = { end: 1, apiVersion: 4, description: 5, functions: 6, contextBytes: 7, version: 8 };
/** Tags of what sbtinit2 is given. */
export const INIT2_TAG = { clientApiVersion: 2, end: 9999 };
/** Tags of the object list of sbtbackup. */
export const OBJECT_TAG = { dbName: 2, dbid: 3, end: 32 };
/** Tags of what sbtinfo2 answers. */
export const INFO_TAG = {
  name: 1,
  method: 2,
  createdAt: 3,
  expiresAt: 4,
  label: 5,
  share: 6,
  order: 7,
  notFound: 8,
  comment: 9,
  end: 9999,
};

/** Place of each function in the table. */
export const SLOT = {
  backup: 0,
  close2: 1,
  command: 2,
  end: 3,
  error: 4,
  info2: 5,
  init2: 6,
  read2: 7,
  remove2: 8,
  restore: 9,
  write2: 10,
} as const;
export type SbtFunction = keyof typeof SLOT;

export const CLOSE_ABORT = 1n;
export const SBT_ERROR = { generic: 7501, notFound: 7502, exists: 7503, endOfFile: 7504 } as const;
export const API_VERSION = 0x0200;
/** Largest context a library may ask for. */
export const CONTEXT_BYTES_MAX = 1024 * 1024;
/** Longest piece name, NUL included. */
export const NAME_BYTES_MAX = 512;
/** Longest error text, NUL included. */
export const ERROR_TEXT_BYTES_MAX = 1024;
