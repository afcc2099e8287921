import { isIP } from 'node:net';
import { BatonError } from '@baton/core';

export interface Address {
  readonly host: string;
  readonly port: number;
}

/**
 * Reads `host:port` or `[v6]:port`.
 * @throws BatonError `address-invalid`
 */
export const parseAddress = (text: string): Address => {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port < 1 || port > 65_535 || (match?.[1] !== undefined && isIP(host) !== 6)) {
    throw new BatonError('address-invalid', `"${text}" is not an address`, {
      fault: 'user',
      hint: 'Write it as host:port, such as 127.0.0.1:8080 or [::1]:8080.',
    });
  }
  return { host, port };
};
