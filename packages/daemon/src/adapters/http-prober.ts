import { connect } from 'node:net';
import type { Prober } from '@baton/core';
import { type Agent, request } from 'undici';

const BODY_BYTES = 65_536;

const reasonOf = (error: unknown): string => {
  const { code, message } = error as { code?: string; message?: string };
  if (code === 'ECONNREFUSED') return 'nothing listens (connection refused)';
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ABORT_ERR')
    return 'no answer in time';
  if (code === 'ECONNRESET' || code === 'UND_ERR_SOCKET') return 'the connection was closed before an answer';
  return message ?? String(error);
};

/** Probes from outside, each bounded in time and size. */
export const httpProber = (agent: Agent): Prober => ({
  http: async (address, path, timeoutMs) => {
    try {
      const signal = AbortSignal.timeout(timeoutMs);
      const answer = await request(`http://${address}${path}`, {
        dispatcher: agent,
        signal,
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
      });
      let body = '';
      for await (const chunk of answer.body) {
        body += String(chunk);
        if (body.length > BODY_BYTES) break;
      }
      return { ok: true, status: answer.statusCode, body };
    } catch (error) {
      if ((error as Error).name === 'TimeoutError') return { ok: false, reason: `no answer within ${timeoutMs} ms` };
      return { ok: false, reason: reasonOf(error) };
    }
  },
  tcp: async (address, timeoutMs) =>
    await new Promise((resolve) => {
      const at = address.lastIndexOf(':');
      const socket = connect({ host: address.slice(0, at), port: Number(address.slice(at + 1)), timeout: timeoutMs });
      const end = (answer: { ok: true } | { ok: false; reason: string }): void => {
        socket.destroy();
        resolve(answer);
      };
      socket.once('connect', () => end({ ok: true }));
      socket.once('timeout', () => end({ ok: false, reason: `no connection within ${timeoutMs} ms` }));
      socket.once('error', (error) => end({ ok: false, reason: reasonOf(error) }));
    }),
});
