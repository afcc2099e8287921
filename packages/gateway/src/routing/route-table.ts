import type { ServiceTraffic } from '../hold/index.ts';
import type { Pool } from '../pool/index.ts';

/** Where a request goes. */
export interface RouteTarget {
  readonly service: ServiceTraffic;
  readonly pool: Pool;
  /** Characters cut from the front of the path before it is forwarded. */
  readonly strip: number;
}

export interface RouteEntry {
  readonly host?: string;
  readonly path: string;
  readonly target: RouteTarget;
}

interface Prefix {
  readonly path: string;
  readonly target: RouteTarget;
}

const covers = (prefix: string, path: string): boolean => {
  if (prefix === '') return true;
  if (!path.startsWith(prefix)) return false;
  const next = path.charCodeAt(prefix.length);
  // The end, `/` or `?`: `/api` covers `/api` and `/api/x`, never `/apix`.
  return Number.isNaN(next) || next === 47 || next === 63;
};

/** `/api/` and `/api` are the same prefix; `/` is the empty one. */
export const normalPrefix = (path: string): string => path.replace(/\/+$/, '');

/** Without port, lower case, without the root's dot. */
export const normalHost = (host: string): string => {
  const name = host.startsWith('[') ? host.slice(0, host.indexOf(']') + 1) : (host.split(':', 1)[0] ?? '');
  return name.toLowerCase().replace(/\.$/, '');
};

/** A path as a server will understand it, where dot segments could lead it out of its prefix. */
const resolvedPath = (path: string): string => {
  if (!path.includes('/.') && !/%2e/i.test(path)) return path;
  try {
    return new URL(path, 'http://gateway').pathname;
  } catch {
    return path;
  }
};

/** The routes of one listener, immutable: a switch replaces the whole table by one assignment. */
export class RouteTable {
  readonly #hosts = new Map<string, Prefix[]>();
  readonly #anyHost: Prefix[] = [];

  constructor(entries: readonly RouteEntry[]) {
    for (const { host, path, target } of entries) {
      let list = this.#anyHost;
      if (host !== undefined) {
        list = this.#hosts.get(normalHost(host)) ?? [];
        this.#hosts.set(normalHost(host), list);
      }
      list.push({ path: normalPrefix(path), target });
    }
    for (const list of [this.#anyHost, ...this.#hosts.values()]) list.sort((a, b) => b.path.length - a.path.length);
  }

  /** The longest path prefix wins, a host before none. */
  match(host: string | undefined, url: string): RouteTarget | undefined {
    const path = resolvedPath(url);
    if (host !== undefined && this.#hosts.size > 0) {
      const found = this.#hosts.get(normalHost(host))?.find((prefix) => covers(prefix.path, path));
      if (found !== undefined) return found.target;
    }
    for (const prefix of this.#anyHost) if (covers(prefix.path, path)) return prefix.target;
    return undefined;
  }
}
