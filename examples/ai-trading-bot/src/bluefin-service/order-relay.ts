import { Agent, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { answerJson } from '@baton/sdk';

const timeoutMs = 5_000;

/**
 * Passes account requests on to the venue as they are, under the venue's own paths. It repeats nothing: whether a
 * request that broke off has landed is for the sender to find out, by its client id.
 */
export class OrderRelay {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 });
  readonly #venue: URL;

  constructor(venueUrl: string) {
    this.#venue = new URL(venueUrl);
  }

  pass(incoming: IncomingMessage, response: ServerResponse): void {
    const { host: _host, connection: _connection, 'keep-alive': _keepAlive, ...headers } = incoming.headers;
    const onward = request({
      agent: this.#agent,
      host: this.#venue.hostname,
      port: this.#venue.port,
      method: incoming.method,
      path: this.#venue.pathname.replace(/\/$/, '') + (incoming.url ?? '/'),
      headers,
      timeout: timeoutMs,
    });
    onward.on('timeout', () => onward.destroy(new Error('the venue did not answer in time')));
    onward.on('response', (answer) => {
      const { connection: _c, 'keep-alive': _k, 'transfer-encoding': _t, ...answered } = answer.headers;
      response.writeHead(answer.statusCode ?? 502, answered);
      answer.pipe(response);
      answer.on('error', () => response.destroy());
    });
    onward.on('error', (error) => {
      // 504, never 4xx: the request may have landed.
      if (response.headersSent) response.destroy();
      else answerJson(response, 504, { error: 'venue-unanswered', message: error.message });
    });
    incoming.on('error', () => onward.destroy());
    incoming.pipe(onward);
  }

  close(): void {
    this.#agent.destroy();
  }
}
