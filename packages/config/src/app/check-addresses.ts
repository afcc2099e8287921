import type { ServiceSpec } from '@baton/core';
import { type Address, collide, parseAddress } from '../values/index.ts';
import type { Draft, ServiceDraft } from './draft.ts';

interface Taken extends Address {
  readonly service: string;
  readonly where: string;
}

/** No two services may want the same address or the same requests. */
export function checkAddresses(
  draft: Draft,
  services: readonly ServiceSpec[],
  draftOf: (name: string) => ServiceDraft,
  listen: readonly string[],
): void {
  if (draft.environment.target !== 'ecs') checkPublished(services, draftOf, listen);
  checkRoutes(services, draftOf);
  checkPeerVariables(services, draftOf);
}

function checkPublished(
  services: readonly ServiceSpec[],
  draftOf: (name: string) => ServiceDraft,
  listen: readonly string[],
): void {
  const taken: Taken[] = [];
  for (const service of services) {
    const draft = draftOf(service.name);
    for (const { published, protocol } of service.ports) {
      if (published === undefined) continue;
      const place = draft.inCompose('ports');
      const other = taken.find((one) => collide(one, published) && one.where.endsWith(protocol));
      if (other !== undefined) {
        const whose = other.service === service.name ? 'twice by the same service' : `by "${other.service}" too`;
        draft.refuse(place, `port ${published.port} is published ${whose}`);
      }
      taken.push({ ...published, service: service.name, where: protocol });
      checkListen(services, service, published, listen, draft);
    }
  }
}

/** A published port that is an address of the gateway as well may only mean the same service there. */
function checkListen(
  services: readonly ServiceSpec[],
  service: ServiceSpec,
  published: Address,
  listen: readonly string[],
  draft: ServiceDraft,
): void {
  const address = listen.find((text) => {
    const parsed = parseAddress(text);
    return parsed !== undefined && collide(parsed, published);
  });
  const root = services.find((one) => one.routes.some((route) => route.path === '/' && route.host === undefined));
  if (address === undefined || root === undefined || root.name === service.name) return;
  const message = `port ${published.port} is published by "${service.name}", and the gateway listens on ${address} for "${root.name}"`;
  draft.refuse(draft.inCompose('ports'), message);
}

function checkRoutes(services: readonly ServiceSpec[], draftOf: (name: string) => ServiceDraft): void {
  const taken = new Map<string, string>();
  for (const service of services) {
    for (const route of service.routes) {
      const text = `${route.host ?? ''}${route.path}`;
      const other = taken.get(text);
      if (other !== undefined) {
        const draft = draftOf(service.name);
        draft.refuse(draft.inBaton('route'), `the route "${text}" goes to "${other}" already`);
      }
      taken.set(text, service.name);
    }
  }
}

/** `a-b` and `a_b` would both be BATON_PEER_A_B. */
function checkPeerVariables(services: readonly ServiceSpec[], draftOf: (name: string) => ServiceDraft): void {
  const taken = new Map<string, string>();
  for (const { name } of services) {
    const variable = `BATON_PEER_${name.toUpperCase().replaceAll('-', '_')}`;
    const other = taken.get(variable);
    if (other !== undefined) {
      const draft = draftOf(name);
      draft.refuse(draft.inBaton(), `"${other}" and "${name}" would both be reached by ${variable}; rename one`);
    }
    taken.set(variable, name);
  }
}
