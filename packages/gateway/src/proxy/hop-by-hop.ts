/**
 * Headers that concern one connection only and are never forwarded (RFC 9110, 7.6.1), with those that the
 * forwarding client writes itself. Proxy credentials are meant for the proxy they name.
 */
export const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Without these a message would mean something else, so naming them in `Connection` does not remove them. */
const NEVER_REMOVED: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'content-type',
  'authorization',
  'cookie',
]);

/** The header names that a `Connection` value lists, beyond the options that are no headers. */
export const listedInConnection = (value: string): Set<string> | undefined => {
  if (value === 'keep-alive' || value === 'close') return undefined;
  let names: Set<string> | undefined;
  for (const part of value.toLowerCase().split(',')) {
    const name = part.trim();
    if (name === '' || name === 'close' || name === 'keep-alive' || HOP_BY_HOP.has(name) || NEVER_REMOVED.has(name)) {
      continue;
    }
    names ??= new Set();
    names.add(name);
  }
  return names;
};
