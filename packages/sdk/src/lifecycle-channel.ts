import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { largestBodyBytes } from './json-answer.ts';
import { badRequest, type CallAnswer, commandNamed, type LifecycleCalls } from './lifecycle-calls.ts';
import { secretCheck } from './lifecycle-routes.ts';
import { parseBody } from './wire.ts';

/** Where the channel is opened, and the protocol that is asked for there. */
export const channelPath = '/lifecycle/channel';
export const channelProtocol = 'baton-lifecycle/1';

/** Asks for the channel, and not for a WebSocket of the program's own. */
export const asksForChannel = (request: IncomingMessage): boolean =>
  request.url === channelPath && request.headers.upgrade === channelProtocol;

/**
 * The same calls over one connection that stays open, a line of JSON each: `{"id":1,"call":"quiesce","body":{…}}`
 * is answered by `{"id":1,"status":200,"body":{…}}`. Nobody trades while a handover's calls are on their way, and
 * most of what a call over HTTP takes is HTTP.
 */
export class LifecycleChannels {
  readonly #calls: LifecycleCalls;
  readonly #authorized: (header: string | undefined) => boolean;
  readonly #open = new Set<Duplex>();

  constructor(calls: LifecycleCalls, secret: string | undefined) {
    this.#calls = calls;
    this.#authorized = secretCheck(secret);
  }

  /**
   * Takes the requests that {@link asksForChannel} before a listener of the program's own sees them, which would
   * refuse what is no WebSocket of its own.
   */
  attach(server: Server): void {
    const emit = server.emit.bind(server) as (event: string, ...values: unknown[]) => boolean;
    server.emit = (event: string, ...values: unknown[]): boolean => {
      const [request, socket, head] = values as [IncomingMessage, Duplex, Buffer];
      if (event !== 'upgrade' || !asksForChannel(request)) return emit(event, ...values);
      this.#accept(request, socket, head);
      return true;
    };
    // Node upgrades only where somebody listens.
    server.on('upgrade', () => undefined);
  }

  #accept(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    if (!this.#authorized(request.headers.authorization)) {
      socket.end(
        'HTTP/1.1 401 Unauthorized\r\nwww-authenticate: Bearer\r\nconnection: close\r\ncontent-length: 0\r\n\r\n',
      );
      return;
    }
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: ${channelProtocol}\r\n\r\n`);
    this.serve(socket, head);
  }

  /** Answers calls on a connection whose other end is known to be Baton. */
  serve(socket: Duplex, head: Buffer): void {
    this.#open.add(socket);
    socket.on('close', () => this.#open.delete(socket));
    socket.on('end', () => socket.end());
    const decoder = new StringDecoder('utf8');
    let text = decoder.write(head);
    const take = (): void => {
      for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n')) {
        const line = text.slice(0, end);
        text = text.slice(end + 1);
        void this.#line(line, socket);
      }
      if (text.length > largestBodyBytes) socket.destroy();
    };
    socket.on('data', (chunk: Buffer) => {
      text += decoder.write(chunk);
      take();
    });
    take();
  }

  /** Ends every channel: a listener that closes waits for its connections. */
  close(): void {
    for (const socket of this.#open) socket.destroy();
  }

  async #line(line: string, socket: Duplex): Promise<void> {
    const parsed = parseBody(line);
    const id = parsed.ok ? parsed.value.id : undefined;
    const answer = parsed.ok ? await this.#answer(parsed.value) : badRequest(parsed.message);
    if (socket.writable) socket.write(`${JSON.stringify({ id, ...answer })}\n`);
  }

  async #answer({ call, body }: Readonly<Record<string, unknown>>): Promise<CallAnswer> {
    if (call === 'state') return this.#calls.state();
    if (call === 'exposure') return this.#calls.exposure();
    const kind = typeof call === 'string' ? commandNamed(call) : undefined;
    if (kind === undefined) return { status: 404, body: { error: 'not-found' } };
    if (typeof body !== 'object' || body === null) return badRequest('"body" must be a JSON object');
    return this.#calls.command(kind, body as Readonly<Record<string, unknown>>);
  }
}
