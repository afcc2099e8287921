import { connect } from 'node:net';
import type { Prober } from '@baton/core';
import { exchange } from './http-exchange.ts';

const BODY_BYTES = 65_536;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Probes from outside, each bounded in time and size and on a connection of its own, as a client's first is. */
export const httpProber = (): Prober => ({
  http: async (address, path, timeoutMs) => {
    try {
      const { status, text } = await exchange({ method: 'GET', address, path, timeoutMs, maxBytes: BODY_BYTES });
      return { ok: true, status, body: text };
    } catch (error) {
      return { ok: false, reason: messageOf(error) };
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
      socket.once('error', (error: NodeJS.ErrnoException) => {
        const reason = error.code === 'ECONNREFUSED' ? 'nothing listens (connection refused)' : error.message;
        end({ ok: false, reason });
      });
    }),
});
