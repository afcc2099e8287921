import { BlockList, isIP } from 'node:net';
import { BatonError } from '@baton/core';

const CACHE_SIZE = 1_024;

/** Answers whether the `X-Forwarded-*` headers of a remote address are believed. */
export class TrustedProxies {
  readonly #blocks = new BlockList();
  readonly #known = new Map<string, boolean>();

  /** @throws BatonError `trusted-proxy-invalid` */
  constructor(entries: readonly string[]) {
    for (const entry of entries) {
      const [address = '', bits] = entry.split('/');
      const version = isIP(address);
      const size = bits === undefined ? undefined : Number(bits);
      if (version === 0 || (size !== undefined && !(Number.isInteger(size) && size >= 0 && size <= 128))) {
        throw new BatonError('trusted-proxy-invalid', `"${entry}" is no address or block`, {
          fault: 'user',
          hint: 'Write an address or a CIDR block, such as 10.0.0.0/8.',
        });
      }
      const family = version === 4 ? 'ipv4' : 'ipv6';
      if (size === undefined) this.#blocks.addAddress(address, family);
      else this.#blocks.addSubnet(address, size, family);
    }
  }

  has(remote: string): boolean {
    const known = this.#known.get(remote);
    if (known !== undefined) return known;
    const plain = remote.startsWith('::ffff:') ? remote.slice(7) : remote;
    const answer = isIP(plain) !== 0 && this.#blocks.check(plain, isIP(plain) === 4 ? 'ipv4' : 'ipv6');
    if (this.#known.size >= CACHE_SIZE) this.#known.clear();
    this.#known.set(remote, answer);
    return answer;
  }
}
