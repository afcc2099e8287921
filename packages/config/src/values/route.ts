import type { RouteSpec } from '@baton/core';
import * as z from 'zod';
import { Refusal, scalar } from './scalar.ts';

const HOST = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;
const PATH = /^\/[A-Za-z0-9\-._~!$&'()*+,;=:@/%]*$/;

const hostFault = (host: string): string | undefined =>
  HOST.test(host) ? undefined : `"${host}" is no host name in lower case`;
const pathFault = (path: string): string | undefined => {
  if (!PATH.test(path)) return `"${path}" is no path; it starts with "/" and holds no space, "?" or "#"`;
  return path.split('/').some((part) => part === '..' || part === '.') ? `"${path}" leaves its own path` : undefined;
};

const tidy = (path: string): string => (path === '/' ? '/' : path.replace(/\/+$/, '') || '/');

function parseRoute(text: string): RouteSpec | Refusal {
  const slash = text.indexOf('/');
  const host = slash < 0 ? text : text.slice(0, slash);
  const path = slash < 0 ? '/' : text.slice(slash);
  const fault = (host === '' ? undefined : hostFault(host)) ?? pathFault(path);
  if (text === '' || fault !== undefined) return new Refusal(fault ?? 'the route is empty; write "/" for everything');
  return { ...(host === '' ? {} : { host }), path: tidy(path) };
}

const routeText = () =>
  scalar<RouteSpec>('a route such as "/" or "api.example.com/v1"', { type: 'string' }, parseRoute);

const routeObject = () =>
  z
    .strictObject({
      host: scalar('a host name', { type: 'string' }, (host) => {
        const fault = hostFault(host);
        return fault === undefined ? host : new Refusal(fault);
      })
        .describe('Only requests for this host name.')
        .optional(),
      path: scalar('a path', { type: 'string' }, (path) => {
        const fault = pathFault(path);
        return fault === undefined ? tidy(path) : new Refusal(fault);
      })
        .describe('Path prefix.')
        .optional()
        .meta({ default: '/' }),
    })
    .transform(
      (route): RouteSpec => ({ ...(route.host === undefined ? {} : { host: route.host }), path: route.path ?? '/' }),
    );

/** A schema of the routes of a service: `/`, `host/path`, a mapping of both, or a list of these. */
export const routes = () =>
  z.union([
    routeText().transform((route): readonly RouteSpec[] => [route]),
    routeObject().transform((route): readonly RouteSpec[] => [route]),
    z.array(z.union([routeText(), routeObject()])).transform((list): readonly RouteSpec[] => list),
  ]);
