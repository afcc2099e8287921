import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 20;
const TIMEOUT_MS = 15_000;

/** One moment at which clients began to be served by another release. */
export interface Switch {
  readonly from: string;
  readonly to: string;
  /** When the last answer of the old release was asked for, wall milliseconds: the switch came after it. */
  readonly afterWallMs: number;
}

/** Asks at the front door, all the time, which release answers. It sees switches as a client does. */
export class FrontWatch {
  readonly #url: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #onSwitch: (seen: Switch) => void;
  readonly #ended: Promise<void>;
  #running = true;
  #last: { readonly release: string; readonly atWallMs: number } | undefined;

  constructor(frontUrl: string, onSwitch: (seen: Switch) => void) {
    this.#url = `${frontUrl}/api/status`;
    this.#onSwitch = onSwitch;
    this.#ended = this.#run();
  }

  async close(): Promise<void> {
    this.#running = false;
    this.#agent.destroy();
    await this.#ended;
  }

  async #run(): Promise<void> {
    while (this.#running) {
      const atWallMs = Date.now();
      const release = await this.#ask();
      if (release !== undefined) this.#saw(release, atWallMs);
      await sleep(POLL_MS);
    }
  }

  #saw(release: string, atWallMs: number): void {
    const last = this.#last;
    this.#last = { release, atWallMs };
    if (last === undefined || last.release === release) return;
    this.#onSwitch({ from: last.release, to: release, afterWallMs: last.atWallMs });
  }

  #ask(): Promise<string | undefined> {
    return new Promise((resolve) => {
      const request = get(this.#url, { agent: this.#agent, timeout: TIMEOUT_MS }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => resolve(response.statusCode === 200 ? releaseOf(text) : undefined));
        response.on('error', () => resolve(undefined));
      });
      request.once('timeout', () => request.destroy());
      request.once('error', () => resolve(undefined));
    });
  }
}

const releaseOf = (text: string): string | undefined => {
  const { release } = JSON.parse(text) as { readonly release?: unknown };
  return typeof release === 'number' || typeof release === 'string' ? String(release) : undefined;
};
