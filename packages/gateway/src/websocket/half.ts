import type { Socket } from 'node:net';
import { closeFrame, FrameTracker } from './frame-tracker.ts';

/**
 * One direction of a tunnel: what `from` sends goes to `to`, no faster than `to` takes it. A close frame can
 * be put in where a frame has ended.
 */
export class Half {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #tracker = new FrameTracker();
  /** Set once nothing more is forwarded; called when the open frame has ended. */
  #atBoundary: (() => void) | undefined;
  #stopped = false;

  constructor(from: Socket, to: Socket) {
    this.#from = from;
    this.#to = to;
    from.on('data', this.#onData);
    to.on('drain', this.#onDrain);
  }

  /** True where the sender has said goodbye itself. */
  get closed(): boolean {
    return this.#tracker.closed;
  }

  get atBoundary(): boolean {
    return this.#tracker.atBoundary;
  }

  /** Bytes that came with the handshake. */
  early(chunk: Buffer): void {
    if (chunk.length > 0) this.#onData(chunk);
  }

  /** Sends a close frame after the frame that is open now, then nothing more. */
  close(code: number, reason: string, mask: Buffer | undefined): void {
    if (this.#stopped || this.#atBoundary !== undefined) return;
    const finish = (): void => {
      this.#stopped = true;
      this.#from.resume();
      if (this.#to.writable && !this.#tracker.closed) this.#to.write(closeFrame(code, reason, mask));
    };
    if (this.#tracker.atBoundary) finish();
    else this.#atBoundary = finish;
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#stopped) return;
    if (this.#atBoundary !== undefined) {
      this.#to.write(chunk.subarray(0, this.#tracker.pushToBoundary(chunk)));
      if (this.#tracker.atBoundary) this.#atBoundary();
      return;
    }
    this.#tracker.push(chunk);
    if (!this.#to.write(chunk)) this.#from.pause();
  };

  readonly #onDrain = (): void => {
    this.#from.resume();
  };
}
