/** Frame header states (RFC 6455, 5.2): the two fixed bytes, then length and mask, then the payload. */
const OPCODE_CLOSE = 8;

/**
 * Follows the frames of one direction of a WebSocket without buffering or changing anything, so that a close
 * frame can be put between two frames.
 */
export class FrameTracker {
  /** Bytes of the header seen so far; only the first 14 at most are kept. */
  readonly #header = Buffer.allocUnsafe(14);
  #headerLength = 0;
  #payloadLeft = 0n;
  /** True once a close frame has begun to pass. */
  closed = false;

  get atBoundary(): boolean {
    return this.#headerLength === 0 && this.#payloadLeft === 0n;
  }

  /** Takes all of `chunk`. */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) at = this.#step(chunk, at);
  }

  /** Takes `chunk` up to the end of the frame that was open; returns how many bytes that was. */
  pushToBoundary(chunk: Buffer): number {
    let at = 0;
    while (at < chunk.length && !this.atBoundary) at = this.#step(chunk, at);
    return at;
  }

  #step(chunk: Buffer, at: number): number {
    if (this.#payloadLeft > 0n) {
      const available = chunk.length - at;
      if (this.#payloadLeft > BigInt(available)) {
        this.#payloadLeft -= BigInt(available);
        return chunk.length;
      }
      const used = Number(this.#payloadLeft);
      this.#payloadLeft = 0n;
      return at + used;
    }
    this.#header[this.#headerLength++] = chunk[at] as number;
    if (this.#headerLength >= 2 && this.#headerLength === this.#headerSize()) this.#openPayload();
    return at + 1;
  }

  #headerSize(): number {
    const second = this.#header[1] as number;
    const length = second & 0x7f;
    return 2 + (length === 126 ? 2 : length === 127 ? 8 : 0) + ((second & 0x80) === 0 ? 0 : 4);
  }

  #openPayload(): void {
    const length = (this.#header[1] as number) & 0x7f;
    this.#payloadLeft =
      length === 126
        ? BigInt(this.#header.readUInt16BE(2))
        : length === 127
          ? this.#header.readBigUInt64BE(2)
          : BigInt(length);
    if (((this.#header[0] as number) & 0x0f) === OPCODE_CLOSE) this.closed = true;
    this.#headerLength = 0;
  }
}

/** A close frame. Clients must mask what they send, servers must not (RFC 6455, 5.1). */
export const closeFrame = (code: number, reason: string, mask: Buffer | undefined): Buffer => {
  const payload = Buffer.alloc(2 + Buffer.byteLength(reason));
  payload.writeUInt16BE(code, 0);
  payload.write(reason, 2);
  if (mask === undefined) return Buffer.concat([Buffer.from([0x88, payload.length]), payload]);
  for (let i = 0; i < payload.length; i++) payload[i] = (payload[i] as number) ^ (mask[i % 4] as number);
  return Buffer.concat([Buffer.from([0x88, 0x80 | payload.length]), mask, payload]);
};
