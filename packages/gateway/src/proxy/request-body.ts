import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';

export const BODY_BUFFER_BYTES = 64 * 1024;

/**
 * A request's body on its way to one attempt at a member. It reads nothing from the client before the attempt
 * does, so a body can follow a second attempt where the first never began; and a failed attempt destroys this
 * stream instead of the client's connection.
 */
export class RequestBody extends Readable {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #idleTimeoutMs: number;
  readonly #continueExpected: boolean;
  readonly #onSilence: () => void;
  #begun = false;
  #wanted = false;

  /** @param onSilence called where the client sends nothing for `idleTimeoutMs` although we read */
  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    continueExpected: boolean,
    idleTimeoutMs: number,
    onSilence: () => void,
  ) {
    super({ highWaterMark: BODY_BUFFER_BYTES });
    this.#request = request;
    this.#response = response;
    this.#continueExpected = continueExpected;
    this.#idleTimeoutMs = idleTimeoutMs;
    this.#onSilence = onSilence;
  }

  override _read(): void {
    this.#wanted = true;
    if (this.#begun) {
      this.#request.resume();
      return;
    }
    this.#begun = true;
    const request = this.#request;
    if (this.#continueExpected && !this.#response.headersSent) this.#response.writeContinue();
    request.on('data', this.#onData);
    request.on('end', this.#onEnd);
    request.on('error', this.#onError);
    request.on('timeout', this.#onTimeout);
    request.socket.setTimeout(this.#idleTimeoutMs);
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    if (this.#begun) this.#detach();
    callback(error);
  }

  #detach(): void {
    const request = this.#request;
    request.off('data', this.#onData);
    request.off('end', this.#onEnd);
    request.off('error', this.#onError);
    request.off('timeout', this.#onTimeout);
    request.socket?.setTimeout(0);
    request.on('error', ignore);
    // What the client still sends is read and dropped, so that it can read its answer.
    request.resume();
  }

  readonly #onData = (chunk: Buffer): void => {
    if (!this.push(chunk)) {
      this.#wanted = false;
      this.#request.pause();
    }
  };
  readonly #onEnd = (): void => {
    this.push(null);
  };
  readonly #onError = (error: Error): void => {
    this.destroy(error);
  };
  readonly #onTimeout = (): void => {
    if (this.#wanted) this.#onSilence();
    else this.#request.socket.setTimeout(this.#idleTimeoutMs);
  };
}

const ignore = (): void => undefined;
