import { Refusal, scalar } from './scalar.ts';

const ADDRESS = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):(\d{1,5})$/;

export interface Address {
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
}

/** Reads `host:port` or `[v6]:port`. */
export function parseAddress(text: string): Address | undefined {
  const found = ADDRESS.exec(text);
  const port = Number(found?.[2]);
  if (found === null || port < 1 || port > 65_535) return undefined;
  return { host: (found[1] ?? '').replaceAll(/[[\]]/g, ''), port };
}

/** A schema of `host:port`; the text as it was written. */
export const address = () =>
  scalar('an address such as "127.0.0.1:8080"', { type: 'string', pattern: ADDRESS.source }, (text) => {
    if (parseAddress(text) !== undefined) return text;
    const port = /^:?(\d{1,5})$/.exec(text)?.[1];
    const suggestion = port === undefined ? undefined : `127.0.0.1:${port}`;
    return new Refusal(`"${text}" is no address; write host:port, such as "127.0.0.1:8080"`, suggestion);
  });

const ANY_HOST = new Set(['0.0.0.0', '::', '*', '']);

/** True where two listeners cannot both have their address. */
export const collide = (one: Address, other: Address): boolean =>
  one.port === other.port && (one.host === other.host || ANY_HOST.has(one.host) || ANY_HOST.has(other.host));

/** A schema of an http(s) base address without a trailing slash. */
export const httpUrl = () =>
  scalar(
    'an address such as "https://api.example.com"',
    { type: 'string', format: 'uri', pattern: '^https?://' },
    (text) => {
      const url = URL.parse(text);
      const usable = url !== null && (url.protocol === 'http:' || url.protocol === 'https:');
      if (!usable) return new Refusal(`"${text}" is no http or https address`);
      if (url.username !== '' || url.password !== '') {
        return new Refusal('the address holds credentials; keep those under secrets');
      }
      return text.replace(/\/+$/, '');
    },
  );

/** A schema of `ssh://user@host[:port]`. */
export const sshUrl = () =>
  scalar('an address such as "ssh://deploy@host"', { type: 'string', pattern: '^ssh://' }, (text) => {
    const url = URL.parse(text);
    if (url?.protocol !== 'ssh:' || url.hostname === '') {
      const suggestion = /^[\w.-]+@[\w.-]+$/.test(text) ? `ssh://${text}` : undefined;
      return new Refusal(`"${text}" is no ssh address; write ssh://user@host`, suggestion);
    }
    return url.password === '' ? text : new Refusal('the address holds a password; let OpenSSH keep the key');
  });
