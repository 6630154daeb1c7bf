// What this listener negotiates. Each value switches off a part of the protocol that the lab has no use for; the layouts in the
// other files are those of exactly this profile.

/** TNS version in ACCEPT: from 315 packets carry 4-byte lengths; below 319 there is no fast authentication. */
export const TNS_VERSION = 318;
/** Oldest version a client may offer: below 315 the packet header would stay short. */
export const TNS_VERSION_MIN = 315;
/** TTC field version, that of 19.1: keeps the fields of later releases out of every message. */
const FIELD_VERSION = 12;
/** AL32UTF8 for text, AL16UTF16 for national text. */
export const CHARSET = 873;
export const NATIONAL_CHARSET = 2000;
/** Session data unit offered: one packet of a reply. */
export const SDU_BYTES = 8192;
export const SDU_BYTES_MIN = 512;
export const TDU_BYTES = 2_097_152;
/** Banner of the PROTOCOL reply; at most 47 characters. */
export const BANNER = 'Linux x86_64 LAB';

export const COMPILE_CAPABILITIES = Buffer.alloc(53);
COMPILE_CAPABILITIES[0] = 6;
COMPILE_CAPABILITIES[7] = FIELD_VERSION;
/** Bit 0 of byte 1: the time zone comes with the data types. Bit 2 of byte 6: strings of up to 32767 bytes. */
export const RUNTIME_CAPABILITIES = Buffer.from([2, 1, 0, 0, 0, 0, 4]);
/** DBTIMEZONE +00:00 as the data types message wants it. */
export const TIME_ZONE = Buffer.from([0x80, 0, 0, 0, 60, 60, 60, 0x80, 0, 0, 0]);
