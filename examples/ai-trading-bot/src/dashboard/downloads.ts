import { once } from 'node:events';
import type { ServerResponse } from 'node:http';

/** The pattern repeats after this many bytes: byte i is i % 251. */
const period = 251;
const chunk = Buffer.from(Uint8Array.from({ length: period * 256 }, (_, index) => index % period));
export const largestDownloadBytes = 256 * 1024 * 1024;

/** Sends `bytes` bytes of a known pattern, no faster than the client reads. */
export async function download(response: ServerResponse, bytes: number): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': bytes });
  for (let sent = 0; sent < bytes && !response.destroyed; sent += chunk.length) {
    const part = bytes - sent >= chunk.length ? chunk : chunk.subarray(0, bytes - sent);
    if (!response.write(part)) await Promise.race([once(response, 'drain'), once(response, 'close')]);
  }
  response.end();
}
