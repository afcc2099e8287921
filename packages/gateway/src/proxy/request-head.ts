import type { IncomingMessage } from 'node:http';
import { HOP_BY_HOP, listedInConnection } from './hop-by-hop.ts';
import type { TrustedProxies } from './trusted-proxies.ts';

/** A request head, read once: what is forwarded, and what decides how. */
export interface RequestHead {
  /** Name, value, name, value; hop-by-hop headers removed and `X-Forwarded-*` added. */
  readonly forwarded: string[];
  readonly host: string | undefined;
  /** Bytes of the body; undefined where it is chunked. */
  readonly contentLength: number | undefined;
  readonly hasBody: boolean;
  readonly headBytes: number;
}

/** Why a head is refused with 400. */
export interface BadHead {
  readonly problem: string;
}

/**
 * Reads the raw headers. Node's parser has already refused what smuggling needs (both Content-Length and
 * Transfer-Encoding, repeated or malformed lengths, folded lines, bare line feeds); here follows what it lets pass.
 */
export const readRequestHead = (request: IncomingMessage, trusted: TrustedProxies): RequestHead | BadHead => {
  const raw = request.rawHeaders;
  const forwarded: string[] = [];
  let host: string | undefined;
  let connection: string | undefined;
  let contentLength: number | undefined;
  let chunked = false;
  let forwardedFor: string | undefined;
  let forwardedHost: string | undefined;
  let forwardedProto: string | undefined;
  let wantsTrailers = false;
  let headBytes = 0;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string;
    const value = raw[i + 1] as string;
    headBytes += name.length + value.length + 4;
    const lower = name.toLowerCase();
    switch (lower) {
      case 'host':
        if (host !== undefined) return { problem: 'more than one Host header' };
        host = value;
        forwarded.push(name, value);
        break;
      case 'content-length':
        if (!/^\d+$/.test(value)) return { problem: 'Content-Length is no number' };
        if (contentLength !== undefined) return { problem: 'more than one Content-Length header' };
        contentLength = Number(value);
        break;
      case 'transfer-encoding':
        if (chunked || value.trim().toLowerCase() !== 'chunked') return { problem: 'Transfer-Encoding is not chunked' };
        chunked = true;
        break;
      case 'connection':
        connection = connection === undefined ? value : `${connection},${value}`;
        break;
      case 'te':
        wantsTrailers ||= /\btrailers\b/i.test(value);
        break;
      case 'expect':
        break;
      case 'x-forwarded-for':
        forwardedFor = forwardedFor === undefined ? value : `${forwardedFor}, ${value}`;
        break;
      case 'x-forwarded-host':
        forwardedHost ??= value;
        break;
      case 'x-forwarded-proto':
        forwardedProto ??= value;
        break;
      default:
        if (!HOP_BY_HOP.has(lower)) forwarded.push(name, value);
    }
  }
  if (chunked && contentLength !== undefined) return { problem: 'both Content-Length and Transfer-Encoding' };
  const listed = connection === undefined ? undefined : listedInConnection(connection);
  if (listed !== undefined) {
    for (let i = forwarded.length - 2; i >= 0; i -= 2) {
      if (listed.has((forwarded[i] as string).toLowerCase())) forwarded.splice(i, 2);
    }
  }
  if (contentLength !== undefined) forwarded.push('content-length', String(contentLength));
  if (wantsTrailers) forwarded.push('te', 'trailers');
  const remote = request.socket.remoteAddress ?? 'unknown';
  const believed = trusted.has(remote);
  forwarded.push('x-forwarded-for', believed && forwardedFor !== undefined ? `${forwardedFor}, ${remote}` : remote);
  forwarded.push('x-forwarded-proto', believed && forwardedProto !== undefined ? forwardedProto : 'http');
  const outerHost = believed && forwardedHost !== undefined ? forwardedHost : host;
  if (outerHost !== undefined) forwarded.push('x-forwarded-host', outerHost);
  return { forwarded, host, contentLength, hasBody: chunked || (contentLength ?? 0) > 0, headBytes };
};
