import { Agent, request } from 'node:http';

const EVERY_MS = 25;
const TIMEOUT_MS = 15_000;

/** One request that got no good answer. */
export interface FailedRequest {
  /** When it was sent, `performance.now()`. */
  readonly sentMs: number;
  readonly endedMs: number;
  readonly why: string;
}

/** Clients of the app: a request every few milliseconds whatever the answers do, over connections that are kept. */
export class RequestProbe {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 });
  readonly #url: string;
  readonly #timer: NodeJS.Timeout;
  readonly #open = new Set<Promise<void>>();
  readonly failures: FailedRequest[] = [];
  sent = 0;
  answered = 0;

  constructor(url: string) {
    this.#url = url;
    this.#timer = setInterval(() => {
      const asked = this.#ask().finally(() => this.#open.delete(asked));
      this.#open.add(asked);
    }, EVERY_MS);
  }

  async #ask(): Promise<void> {
    const sentMs = performance.now();
    this.sent += 1;
    try {
      await this.#once();
      this.answered += 1;
    } catch (error) {
      this.failures.push({ sentMs, endedMs: performance.now(), why: String(error) });
    }
  }

  #once(): Promise<void> {
    return new Promise((resolve, reject) => {
      const sent = request(this.#url, { agent: this.#agent, timeout: TIMEOUT_MS }, (response) => {
        const good = response.statusCode === 200;
        response
          .resume()
          .once('end', () => (good ? resolve() : reject(new Error(`status ${response.statusCode}`))))
          .once('error', reject);
      });
      sent.once('timeout', () => sent.destroy(new Error('no answer')));
      sent.once('error', reject);
      sent.end();
    });
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#open);
    this.#agent.destroy();
  }
}
