/** One thing that happened and is worth remembering. */
export interface Experience {
  readonly at: number;
  readonly release: number;
  readonly token: number;
  readonly side: string;
  readonly reason: string;
}

const mostWaiting = 200;
const timeoutMs = 1_000;

/**
 * Hands experiences to mcp-memory, one request at a time. Trading never waits for it: past the bound the oldest
 * are dropped and counted.
 */
export class Memory {
  readonly #address: string;
  readonly #waiting: Experience[] = [];
  #sending = false;
  #dropped = 0;

  constructor(address: string) {
    this.#address = address;
  }

  get dropped(): number {
    return this.#dropped;
  }

  remember(experience: Experience): void {
    this.#waiting.push(experience);
    if (this.#waiting.length > mostWaiting) {
      this.#waiting.shift();
      this.#dropped += 1;
    }
    void this.#drain();
  }

  async #drain(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      try {
        const answer = await fetch(`${this.#address}/memories`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(next),
          signal: AbortSignal.timeout(timeoutMs),
        });
        await answer.arrayBuffer();
        if (!answer.ok) this.#dropped += 1;
      } catch {
        this.#dropped += 1;
      }
    }
    this.#sending = false;
  }
}
