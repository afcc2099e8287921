import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export const largestEchoBytes = 256 * 1024 * 1024;

/** Digest and length of a body, without keeping it. Rejects where the client goes away before its end. */
export async function digestBody(request: IncomingMessage): Promise<{ sha256: string; length: number }> {
  const hash = createHash('sha256');
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    hash.update(chunk);
    length += chunk.length;
    if (length > largestEchoBytes) throw new Error('the body is larger than 256 MiB');
  }
  return { sha256: hash.digest('hex'), length };
}
