import { describe, expect, it } from 'vitest';
import { readIdentity, readPort } from './identity.ts';
import { peer } from './peer.ts';

it('knows itself from what Baton put into the environment', () => {
  const identity = readIdentity({
    BATON_APP: 'trading',
    BATON_SERVICE: 'bot',
    BATON_RELEASE: '7',
    BATON_INSTANCE: 'f'.repeat(32),
    BATON_START_AS: 'holder',
    BATON_TOKEN: '12',
  });
  expect(identity).toMatchObject({ app: 'trading', service: 'bot', release: 7, startAs: 'holder', token: 12 });
});

it('is unmanaged where a person started it', () => {
  expect(readIdentity({})).toMatchObject({ startAs: 'unmanaged', instance: '' });
});

it.each([
  ['BATON_START_AS', { BATON_START_AS: 'leader' }],
  ['BATON_TOKEN', { BATON_START_AS: 'holder' }],
  ['BATON_RELEASE', { BATON_RELEASE: 'v2' }],
])('refuses to start on a wrong %s, and names it', (name, env) => {
  expect(() => readIdentity(env)).toThrow(name);
});

describe('the port', () => {
  it('is PORT, bare or at the end of an address, else the program’s own', () => {
    expect(readPort({ PORT: '4100' }, 8000)).toBe(4100);
    expect(readPort({ PORT: '127.0.0.1:4100' }, 8000)).toBe(4100);
    expect(readPort({}, 8000)).toBe(8000);
  });

  it('is refused by name where it is none', () => {
    expect(() => readPort({ PORT: 'http' }, 8000)).toThrow('PORT is "http"');
  });
});

describe('a peer', () => {
  it('is found by its variable, without a slash at the end', () => {
    const env = { BATON_PEER_BLUEFIN_SERVICE: 'http://127.0.0.1:9/peers/blue/' };
    expect(peer('bluefin-service', undefined, env)).toBe('http://127.0.0.1:9/peers/blue');
  });

  it('falls back, and without a fallback says which variable is missing', () => {
    expect(peer('mcp-memory', 'http://127.0.0.1:8765', {})).toBe('http://127.0.0.1:8765');
    expect(() => peer('mcp-memory', undefined, {})).toThrow('BATON_PEER_MCP_MEMORY');
  });
});
