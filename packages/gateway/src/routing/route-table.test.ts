import { describe, expect, it } from 'vitest';
import { ServiceTraffic } from '../hold/index.ts';
import { Pool } from '../pool/index.ts';
import { parseAddress } from './address.ts';
import { type RouteEntry, RouteTable } from './route-table.ts';

const SETTINGS = { connectTimeoutMs: 1, memberHeadersTimeoutMs: 1, memberKeepAliveMs: 1, maxHeaderBytes: 1_024 };

const route = (name: string, path: string, host?: string): RouteEntry => ({
  ...(host === undefined ? {} : { host }),
  path,
  target: { service: new ServiceTraffic('shop/local', name), pool: new Pool('shop/local', name, SETTINGS), strip: 0 },
});

describe('a route table', () => {
  const table = new RouteTable([
    route('all', '/'),
    route('api', '/api'),
    route('v2', '/api/v2/'),
    route('host', '/', 'Shop.Example'),
    route('host-admin', '/admin', 'shop.example'),
  ]);
  const found = (host: string | undefined, url: string): string | undefined => table.match(host, url)?.service.name;

  it.each([
    ['/', 'all'],
    ['/apix', 'all'],
    ['/api', 'api'],
    ['/api?x=/api/v2', 'api'],
    ['/api/v1', 'api'],
    ['/api/v2', 'v2'],
    ['/api/v2?x', 'v2'],
    ['/api/v2/x', 'v2'],
    ['/api/v20', 'api'],
  ])('sends %s to %s, the longest prefix that ends at a segment', (url, name) => {
    expect(found(undefined, url)).toBe(name);
  });

  it('prefers a route with the host, whatever its case and port', () => {
    expect(found('SHOP.example:8080', '/api')).toBe('host');
    expect(found('shop.example.', '/admin/x')).toBe('host-admin');
    expect(found('other.example', '/admin')).toBe('all');
  });

  it('is not led out of a prefix by dot segments', () => {
    expect(found(undefined, '/api/../other')).toBe('all');
    expect(found(undefined, '/other/%2e%2E/api/v2/x')).toBe('v2');
    expect(found(undefined, '/x?y=/../api')).toBe('all');
  });

  it('finds nothing where no route covers the path', () => {
    expect(new RouteTable([route('api', '/api')]).match(undefined, '/')).toBeUndefined();
    expect(new RouteTable([route('one', '/', 'one.example')]).match('two.example', '/')).toBeUndefined();
  });
});

describe('an address', () => {
  it('is a host and a port', () => {
    expect(parseAddress('127.0.0.1:80')).toEqual({ host: '127.0.0.1', port: 80 });
    expect(parseAddress('[::1]:8080')).toEqual({ host: '::1', port: 8080 });
    expect(parseAddress('localhost:1')).toEqual({ host: 'localhost', port: 1 });
  });

  it.each(['', '80', 'a:b', '127.0.0.1:0', '127.0.0.1:70000', '::1:80', '[x]:80'])('is not "%s"', (text) => {
    expect(() => parseAddress(text)).toThrow(/is not an address/);
  });
});
