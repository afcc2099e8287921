export interface ServerEvent {
  readonly id: string | undefined;
  readonly data: string;
}

/**
 * Reads the text/event-stream format as it arrives, in pieces of any size
 * (WHATWG HTML, "Server-sent events", section 9.2.6). Only `id` and `data` matter here.
 */
export class EventParser {
  readonly #onEvent: (event: ServerEvent) => void;
  #rest = '';
  #id: string | undefined;
  #data: string[] = [];

  constructor(onEvent: (event: ServerEvent) => void) {
    this.#onEvent = onEvent;
  }

  push(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#take(line.endsWith('\r') ? line.slice(0, -1) : line);
  }

  #take(line: string): void {
    if (line === '') {
      if (this.#data.length > 0) this.#onEvent({ id: this.#id, data: this.#data.join('\n') });
      this.#id = undefined;
      this.#data = [];
      return;
    }
    const colon = line.indexOf(':');
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'id') this.#id = value;
    if (field === 'data') this.#data.push(value);
  }
}
