/** Byte i of a download is i % 251; a prime, so that a lost or repeated block of any usual size shows. */
const PERIOD = 251;
const WINDOW = Buffer.alloc(PERIOD + 256 * 1024, Buffer.from(Array.from({ length: PERIOD }, (_, index) => index)));

/** True where `chunk` is what a download must carry at `offset`. */
export const matchesPattern = (chunk: Uint8Array, offset: number): boolean => {
  for (let at = 0; at < chunk.length; ) {
    const from = (offset + at) % PERIOD;
    const length = Math.min(chunk.length - at, WINDOW.length - from);
    if (WINDOW.compare(chunk, at, at + length, from, from + length) !== 0) return false;
    at += length;
  }
  return true;
};

/** The pattern's bytes from `offset` on, at most 256 KiB at a time. */
export const patternBytes = (offset: number, length: number): Buffer => {
  const from = offset % PERIOD;
  return WINDOW.subarray(from, from + Math.min(length, WINDOW.length - from));
};
