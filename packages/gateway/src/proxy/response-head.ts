import type { IncomingHttpHeaders } from 'node:http';
import { HOP_BY_HOP, listedInConnection } from './hop-by-hop.ts';

/** Headers of a member's answer as they go to the client: name, value, name, value. */
export const responseHeaders = (headers: IncomingHttpHeaders, closing: boolean): (string | string[])[] => {
  const connection = headers.connection;
  const listed = connection === undefined ? undefined : listedInConnection(String(connection));
  const out: (string | string[])[] = [];
  for (const name in headers) {
    // `Trailer` stays: it announces what follows the body, which is forwarded.
    if ((HOP_BY_HOP.has(name) && name !== 'trailer') || listed?.has(name) === true) continue;
    const value = headers[name];
    if (value !== undefined) out.push(name, value);
  }
  if (closing) out.push('connection', 'close');
  return out;
};
