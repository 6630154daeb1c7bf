// One client connection as a state machine:
//
//   connecting -> protocol -> data-types -> auth-one -> auth-two -> ready -> closed
//
// Each state takes one kind of request; anything else closes the connection. A marker (break, reset) may come at any time after
// ACCEPT: it aborts what runs and puts the connection into `breaking`, where data is thrown away until the client has reset.
import { type Socket } from 'node:net';
import { OraError, oraError } from '../sql/ora-error';
import { CursorTable } from './cursors';
import { Login, type LoginIdentity, parseLogin } from './login';
import {
  agreeSdu,
  buildAccept,
  buildData,
  buildMarker,
  buildRefuse,
  type ConnectTarget,
  END_OF_FILE,
  END_OF_REQUEST,
  MARKER,
  type Packet,
  PACKET,
  PacketFramer,
  parseConnect,
  parseConnectData,
  parseData,
  parseMarker,
} from './packets';
import { TNS_VERSION_MIN } from './profile';
import { dataTypesReply, errorOutcome, protocolReply, writeOutcome } from './replies';
import { FUNCTION, openRequest } from './requests';
import { isLogoff, runRequest, type SessionState } from './run-request';
import { asOraError } from './as-ora-error';
import { ROOT_CONTAINER } from '../engine/database-plan';
import { type ListenerLimits, type ListenerOptions, type ListenerSession } from './service';
import { ProtocolError, WireWriter } from './wire';

type Phase = 'connecting' | 'protocol' | 'data-types' | 'auth-one' | 'auth-two' | 'ready' | 'closed';

const PROTOCOL_MESSAGE = 1;
const DATA_TYPES_MESSAGE = 2;
/** What a client with a version that would keep short packet headers is told: ORA-12618, versions are incompatible. */
const VERSION_REFUSED = 12618;

export interface ConnectionContext {
  options: ListenerOptions;
  limits: ListenerLimits;
  /** Secret of this listener, for invented salts. */
  secret: Buffer;
  /** A connection beyond the limit is told so and closed. */
  refusedWith: number | null;
}

export class Connection {
  private readonly framer = new PacketFramer();
  private phase: Phase = 'connecting';
  private connectBytes: { version: number; sduBytes: number; dataBytes: number } | null = null;
  private target: ConnectTarget | null = null;
  private sduBytes = 0;
  private request: Buffer[] = [];
  private requestBytes = 0;
  private breaking = false;
  private login: Login;
  private state: SessionState | null = null;
  /** Set while a request runs; aborting it makes its reply void. */
  private running: AbortController | null = null;
  private deadline: NodeJS.Timeout | null = null;

  constructor(
    private readonly socket: Socket,
    private readonly context: ConnectionContext,
  ) {
    this.login = new Login(context.options, context.secret);
    socket.setNoDelay(true);
    socket.setTimeout(context.limits.idleTimeoutMs, () => this.close());
    socket.on('data', (chunk: Buffer) => this.guard(() => this.receive(chunk)));
    socket.on('error', () => this.close());
    socket.on('close', () => this.close());
    this.setDeadline(context.limits.loginTimeoutMs);
  }

  /** Ends the connection at once; what runs is aborted. */
  close(): void {
    if (this.phase === 'closed') return;
    this.phase = 'closed';
    this.setDeadline(null);
    this.running?.abort();
    this.state?.opened.close();
    this.socket.destroy();
  }

  private setDeadline(timeoutMs: number | null): void {
    if (this.deadline !== null) clearTimeout(this.deadline);
    this.deadline = timeoutMs === null ? null : setTimeout(() => this.close(), timeoutMs);
  }

  private guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.context.options.onFault?.(error);
      this.close();
    }
  }

  private receive(chunk: Buffer): void {
    this.framer.push(chunk);
    for (
      let packet = this.framer.next();
      packet !== null && this.phase !== 'closed';
      packet = this.framer.next()
    ) {
      this.handlePacket(packet);
    }
    if (
      this.phase === 'ready' &&
      this.deadline === null &&
      (this.framer.unfinished || this.request.length > 0)
    ) {
      this.setDeadline(this.context.limits.requestTimeoutMs);
    }
  }

  private handlePacket(packet: Packet): void {
    if (packet.type === PACKET.marker && this.framer.longHeaders)
      this.handleMarker(parseMarker(packet.bytes));
    else if (packet.type === PACKET.connect && this.phase === 'connecting') this.handleConnect(packet.bytes);
    else if (packet.type === PACKET.data) this.handleData(packet.bytes);
    else throw new ProtocolError(`packet type ${packet.type} while ${this.phase}`);
  }

  private handleConnect(bytes: Buffer): void {
    const connect = parseConnect(bytes);
    this.connectBytes = connect;
    if (connect.data !== null) this.answerConnect(connect.data);
  }

  private answerConnect(data: string): void {
    const connect = this.connectBytes;
    if (connect === null) throw new ProtocolError('connect data without CONNECT');
    const target = parseConnectData(data);
    const refusal = connect.version < TNS_VERSION_MIN ? VERSION_REFUSED : this.refusalOf(target);
    if (refusal !== null) {
      this.socket.end(buildRefuse(refusal));
      return;
    }
    this.target = target;
    this.sduBytes = agreeSdu(connect.sduBytes);
    this.phase = 'protocol';
    this.framer.longHeaders = true;
    this.socket.write(buildAccept(connect.version, this.sduBytes));
  }

  private refusalOf(target: ConnectTarget): number | null {
    const { options, refusedWith } = this.context;
    if (refusedWith !== null) return refusedWith;
    const known = (names: readonly string[], name: string): boolean =>
      names.some((n) => n.toUpperCase() === name);
    const isPluggable = (options.containerOf?.(target.serviceName ?? '') ?? ROOT_CONTAINER) > ROOT_CONTAINER;
    if (target.serviceName !== null && !isPluggable && !known(options.service.names, target.serviceName))
      return 12514;
    if (target.serviceName === null && (target.sid === null || !known(options.service.sids, target.sid)))
      return 12505;
    return options.refuse?.(target) ?? null;
  }

  private handleData(bytes: Buffer): void {
    const { flags, body } = parseData(bytes);
    if (this.phase === 'connecting') {
      this.answerConnect(body.toString('latin1'));
      return;
    }
    if ((flags & END_OF_FILE) !== 0) {
      this.close();
      return;
    }
    if (this.breaking) return;
    if (this.running !== null) throw new ProtocolError('a request before the reply to the last one');
    this.requestBytes += body.length;
    if (this.requestBytes > this.context.limits.requestBytesMax) throw new ProtocolError('request too large');
    this.request.push(body);
    if ((flags & END_OF_REQUEST) === 0) return;
    const request = Buffer.concat(this.request);
    this.forgetRequest();
    this.start(request);
  }

  private forgetRequest(): void {
    this.request = [];
    this.requestBytes = 0;
    if (this.phase === 'ready') this.setDeadline(null);
  }

  private handleMarker(kind: number): void {
    if (kind !== MARKER.reset) {
      this.running?.abort();
      this.running = null;
      this.forgetRequest();
      this.breaking = true;
      this.socket.write(buildMarker(MARKER.break));
      return;
    }
    this.socket.write(buildMarker(MARKER.reset));
    if (!this.breaking) return;
    this.breaking = false;
    this.sendError(new OraError(1013, 'user requested cancel of current operation.'));
  }

  private start(request: Buffer): void {
    const controller = new AbortController();
    this.running = controller;
    this.run(request, controller.signal).then(
      (reply) => this.finish(controller, () => this.send(reply)),
      (error: unknown) =>
        this.finish(controller, () => {
          const known = asOraError(error);
          if (known === null) throw error;
          this.sendError(known);
        }),
    );
  }

  /** Sends what a request came to, unless it was aborted in the meantime. */
  private finish(controller: AbortController, answer: () => void): void {
    if (this.running !== controller || this.phase === 'closed') return;
    this.running = null;
    this.guard(answer);
  }

  private send(reply: Buffer): void {
    this.socket.write(buildData(reply, this.sduBytes));
  }

  private sendError(error: OraError): void {
    const inTransaction = this.state?.inTransaction ?? false;
    this.send(writeOutcome(new WireWriter(), errorOutcome(error, { inTransaction })).toBuffer());
  }

  private async run(request: Buffer, signal: AbortSignal): Promise<Buffer> {
    switch (this.phase) {
      case 'protocol':
        return this.step(request, PROTOCOL_MESSAGE, 'data-types', protocolReply());
      case 'data-types':
        return this.step(request, DATA_TYPES_MESSAGE, 'auth-one', dataTypesReply());
      case 'auth-one':
      case 'auth-two':
        return this.authenticate(request);
      case 'ready':
        return this.serve(request, signal);
      case 'connecting':
      case 'closed':
        throw new ProtocolError(`request while ${this.phase}`);
    }
  }

  private step(request: Buffer, message: number, next: Phase, reply: Buffer): Buffer {
    if (request[0] !== message) throw new ProtocolError(`message ${request[0] ?? -1} while ${this.phase}`);
    this.phase = next;
    return reply;
  }

  private async authenticate(request: Buffer): Promise<Buffer> {
    const { code, reader } = openRequest(request);
    if (code === FUNCTION.logoff) return this.serveStatus();
    const login = parseLogin(reader);
    if (code === FUNCTION.authOne && this.phase === 'auth-one') {
      this.phase = 'auth-two';
      return this.login.phaseOne(login);
    }
    if (code !== FUNCTION.authTwo) throw new ProtocolError(`function ${code} while ${this.phase}`);
    const identity = await this.login.phaseTwo(login);
    // The client may have gone while the password was checked: a session opened now would never be closed.
    if (this.socket.destroyed) throw new ProtocolError('connection lost during login');
    const { session, opened } = this.openSession(identity);
    const cursors = new CursorTable(this.context.limits.cursorsPerSessionMax);
    this.state = { session, opened, cursors, inTransaction: false };
    this.phase = 'ready';
    this.setDeadline(null);
    const serviceName = this.target?.serviceName ?? this.context.options.service.names[0] ?? '';
    return this.login.welcome(session, serviceName.toLowerCase());
  }

  private serveStatus(): Buffer {
    return Buffer.from([9, 1, 1, 0]);
  }

  private openSession({ user, privilege }: LoginIdentity): {
    session: ListenerSession;
    opened: SessionState['opened'];
  } {
    const name = {
      SYSDBA: 'SYS',
      SYSOPER: 'PUBLIC',
      SYSBACKUP: 'SYSBACKUP',
      SYSDG: 'SYSDG',
      SYSKM: 'SYSKM',
    } as const;
    const administrative =
      privilege !== null && privilege in name ? name[privilege as keyof typeof name] : null;
    const [program, machine] = [this.target?.program ?? '', this.target?.machine ?? ''];
    const username = administrative ?? user.name;
    const opened = this.context.options.openSession({
      ...{ username, program, machine, module: program === '' ? null : program },
      osUser: this.target?.osUser ?? '',
      spid: process.pid,
    });
    opened.killed.addEventListener('abort', () => this.killed(), { once: true });
    return {
      opened,
      session: {
        ...{ user: username, loginName: user.name, privilege, program, machine },
        ...{ sid: opened.id.sid, serial: opened.id.serial },
        containerId: this.context.options.containerOf?.(this.target?.serviceName ?? '') ?? 0,
        readsDictionary: privilege !== null || user.privileges.includes('SELECT_CATALOG_ROLE'),
        altersSystem:
          ['SYSDBA', 'SYSOPER', 'SYSBACKUP'].includes(privilege ?? '') ||
          user.privileges.includes('ALTER SYSTEM'),
      },
    };
  }

  /** A running statement ends now with ORA-00028; an idle session hears it at its next one. */
  private killed(): void {
    if (this.running === null || this.phase !== 'ready') return;
    this.running.abort();
    this.running = null;
    this.guard(() => this.sendError(new OraError(28, 'your session has been killed')));
  }

  private async serve(request: Buffer, signal: AbortSignal): Promise<Buffer> {
    const { state } = this;
    if (state === null) throw oraError(1031);
    const { execute } = this.context.options;
    const reply = await runRequest(request, {
      state,
      execute,
      replyBytesMax: this.context.limits.replyBytesMax,
      signal,
    });
    if (isLogoff(request)) state.opened.close();
    return reply;
  }
}
