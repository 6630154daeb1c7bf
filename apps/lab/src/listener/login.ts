// The two phases of a login. An unknown user gets a challenge like everybody else and fails in the second phase, as with a wrong
// password: from outside the two look the same.
import { createHmac, randomBytes } from 'node:crypto';
import { OraError } from '../sql/ora-error';
import {
  decryptHex,
  encrypt,
  openPassword,
  PART_BYTES,
  serverProof,
  sessionKey,
  upperHex,
  verifierKey,
} from './auth';
import { CSK_SALT_BYTES, RESPONSE_RANDOM_BYTES, SESSION_KEY_ITERATIONS, VERIFIER_12C } from './auth';
import { checkPassword, type PasswordUser, type Privilege, VERIFIER_ITERATIONS } from './password-file';
import { type KeyValue, parameterReply } from './replies';
import { type InstanceNames, type ListenerOptions, type ListenerSession } from './service';
import { ProtocolError, type WireReader } from './wire';

const MODE_CHANGE_PASSWORD = 0x2;
/** Bits of the mode that ask for an administrative privilege. */
const MODE_PRIVILEGES: readonly [number, Privilege][] = [
  [0x20, 'SYSDBA'],
  [0x40, 'SYSOPER'],
  [0x1000000, 'SYSBACKUP'],
  [0x2000000, 'SYSDG'],
  [0x4000000, 'SYSKM'],
];
/** SYSASM and SYSRAC: no user of the lab has them. */
const MODE_FOREIGN = 0x400000 | 0x8000000;
const PAIRS_MAX = 64;
const SALT_BYTES = 16;
const VERIFIER_BYTES = 64;

export interface LoginRequest {
  name: string;
  mode: number;
  pairs: ReadonlyMap<string, string>;
}

/** Body of functions 118 and 115. */
export function parseLogin(r: WireReader): LoginRequest {
  const hasUser = r.u8() === 1;
  r.ub();
  const mode = r.ub();
  r.skip(1);
  const count = r.ub();
  if (count > PAIRS_MAX) throw new ProtocolError('too many login attributes');
  r.skip(2);
  const given = hasUser ? r.text() : '';
  const quoted = /^"(.*)"$/.exec(given)?.[1];
  const pairs = new Map<string, string>();
  for (let i = 0; i < count; i += 1) {
    const key = r.dalc();
    pairs.set(key, r.dalc());
    r.ub();
  }
  return { name: quoted ?? given.toUpperCase(), mode, pairs };
}

/** Who a login turned out to be. */
export interface LoginIdentity {
  user: PasswordUser;
  privilege: Privilege | null;
}

interface Challenge {
  user: PasswordUser;
  known: boolean;
  serverPart: Buffer;
  cskSalt: Buffer;
}

export class Login {
  private challenge: Challenge | null = null;
  private key: Buffer | null = null;

  /** `secret` makes the invented salt of an unknown user the same at every attempt. */
  constructor(
    private readonly options: Pick<ListenerOptions, 'users' | 'instance' | 'refuseLogin'>,
    private readonly secret: Buffer,
  ) {}

  /** The challenge to send. */
  async phaseOne(request: LoginRequest): Promise<Buffer> {
    const { users } = await this.options.users();
    const found = users.find((u) => u.name === request.name);
    const user = found ?? this.inventUser(request.name);
    const challenge = {
      user,
      known: found !== undefined,
      serverPart: randomBytes(PART_BYTES),
      cskSalt: randomBytes(CSK_SALT_BYTES),
    };
    this.challenge = challenge;
    const key = verifierKey(Buffer.from(user.verifierHex, 'hex'));
    return parameterReply([
      { key: 'AUTH_SESSKEY', value: upperHex(encrypt(key, challenge.serverPart)) },
      { key: 'AUTH_VFR_DATA', value: user.saltHex.toUpperCase(), flags: VERIFIER_12C },
      { key: 'AUTH_PBKDF2_CSK_SALT', value: upperHex(challenge.cskSalt) },
      { key: 'AUTH_PBKDF2_VGEN_COUNT', value: String(user.iterations) },
      { key: 'AUTH_PBKDF2_SDER_COUNT', value: String(SESSION_KEY_ITERATIONS) },
    ]);
  }

  /** Throws ORA-01017 and its relatives when the login fails. */
  async phaseTwo(request: LoginRequest): Promise<LoginIdentity> {
    // One attempt per challenge.
    const { challenge } = this;
    this.challenge = null;
    const denied = new OraError(1017, 'invalid username/password; logon denied');
    if (challenge === null || challenge.user.name !== request.name) throw denied;
    if ((request.mode & MODE_CHANGE_PASSWORD) !== 0 || request.pairs.has('AUTH_NEWPASSWORD')) {
      throw new OraError(3001, 'unimplemented feature (not simulated: change of password)');
    }
    const clientPart = decryptHex(
      verifierKey(Buffer.from(challenge.user.verifierHex, 'hex')),
      request.pairs.get('AUTH_SESSKEY') ?? '',
    );
    if (clientPart?.length !== PART_BYTES) throw denied;
    this.key = await sessionKey(challenge.serverPart, clientPart, challenge.cskSalt);
    const password = openPassword(this.key, request.pairs.get('AUTH_PASSWORD') ?? '');
    if (password === null || !(await checkPassword(challenge.user, password)) || !challenge.known)
      throw denied;
    const identity = { user: challenge.user, privilege: requestedPrivilege(request.mode) };
    this.authorize(identity, request.mode);
    return identity;
  }

  private authorize({ user, privilege }: LoginIdentity, mode: number): void {
    const missing = privilege !== null && !user.privileges.includes(privilege);
    if (missing || (mode & MODE_FOREIGN) !== 0)
      throw new OraError(1017, 'invalid username/password; logon denied');
    if (user.locked === true) throw new OraError(28000, 'The account is locked.');
    if (privilege === null && user.name === 'SYS')
      throw new OraError(28009, 'connection as SYS should be as SYSDBA or SYSOPER');
    if (privilege === null && !user.privileges.includes('CREATE SESSION')) {
      throw new OraError(1045, `user ${user.name} lacks CREATE SESSION privilege; logon denied`);
    }
    const refused = this.options.refuseLogin?.({ name: user.name, privilege }) ?? null;
    if (refused !== null) throw new OraError(refused.ora, refused.text);
  }

  /** What the client learns of the database, and the proof that this server knows the password too. */
  welcome(session: Pick<ListenerSession, 'sid' | 'serial'>, serviceName: string): Buffer {
    if (this.key === null) throw new Error('welcome before a successful login');
    const { instance } = this.options;
    const proof = serverProof(this.key, randomBytes(RESPONSE_RANDOM_BYTES));
    return parameterReply([
      ...describeInstance(instance, serviceName),
      ...describeSession(session),
      { key: 'AUTH_SVR_RESPONSE', value: proof },
    ]);
  }

  private inventUser(name: string): PasswordUser {
    const salt = createHmac('sha256', this.secret).update(name).digest().subarray(0, SALT_BYTES);
    return {
      name,
      privileges: [],
      saltHex: salt.toString('hex'),
      iterations: VERIFIER_ITERATIONS,
      verifierHex: randomBytes(VERIFIER_BYTES).toString('hex'),
    };
  }
}

function requestedPrivilege(mode: number): Privilege | null {
  return MODE_PRIVILEGES.find(([bit]) => (mode & bit) !== 0)?.[1] ?? null;
}

function describeInstance(instance: InstanceNames, serviceName: string): KeyValue[] {
  const domain = instance.dbDomain ?? '';
  return [
    { key: 'AUTH_VERSION_NO', value: String(versionNumber(instance.versionFull)) },
    { key: 'AUTH_SC_SERVICE_NAME', value: serviceName },
    { key: 'AUTH_SC_DBUNIQUE_NAME', value: instance.dbUniqueName },
    { key: 'AUTH_SC_REAL_DBUNIQUE_NAME', value: instance.dbUniqueName },
    { key: 'AUTH_INSTANCENAME', value: instance.instanceName },
    { key: 'AUTH_SC_DB_DOMAIN', value: domain },
    { key: 'AUTH_DBNAME', value: instance.dbName },
  ];
}

function describeSession(session: Pick<ListenerSession, 'sid' | 'serial'>): KeyValue[] {
  return [
    { key: 'AUTH_MAX_OPEN_CURSORS', value: '300' },
    { key: 'AUTH_MAX_IDEN_LENGTH', value: '128' },
    { key: 'AUTH_SESSION_ID', value: String(session.sid) },
    { key: 'AUTH_SERIAL_NUM', value: String(session.serial) },
  ];
}

/** Release as one number, in the layout of field version 11 and later. */
function versionNumber(version: string): number {
  const [major = 0, release = 0, update = 0, portRelease = 0, portUpdate = 0] = version
    .split('.')
    .map(Number);
  return ((major << 24) | (release << 16) | (update << 12) | (portRelease << 4) | portUpdate) >>> 0;
}
