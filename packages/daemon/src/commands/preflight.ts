import { createServer } from 'node:net';
import type { App, EnginePorts, Finding } from '@baton/core';

/** Where clients are to come in: `host:port`, each once. */
const addressesOf = (app: App): ReadonlySet<string> => {
  const addresses = new Set<string>();
  for (const spec of app.services) {
    if (spec.routes.length > 0) for (const listen of app.environment.listen) addresses.add(listen);
    for (const { published, protocol } of spec.ports)
      if (published !== undefined && protocol === 'tcp') addresses.add(`${published.host}:${published.port}`);
  }
  return addresses;
};

/** What the gateway listens on already, for whichever app. */
const carried = async (ports: Omit<EnginePorts, 'emit'>): Promise<ReadonlySet<string>> => {
  const addresses = new Set<string>();
  for (const { key } of await ports.store.list('environment/')) {
    const seen = await ports.traffic.observe(key.slice('environment/'.length));
    if (seen.known) for (const route of seen.value.config?.routes ?? []) addresses.add(route.listen);
  }
  return addresses;
};

/** Why the address cannot be listened on; undefined where it can. */
const trouble = async (address: string): Promise<string | undefined> => {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replaceAll(/^\[|\]$/g, '');
  const server = createServer();
  return await new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const inUse = error.code === 'EADDRINUSE';
      resolve(inUse ? 'another program listens there' : `it cannot be listened on (${error.code ?? error.message})`);
    });
    server.listen(Number(address.slice(colon + 1)), host, () => server.close(() => resolve(undefined)));
  });
};

/** Everything that can be seen to be in the way before anything is started: the target's findings, and the addresses of the routes. */
export const preflight = async (ports: Omit<EnginePorts, 'emit'>, app: App): Promise<readonly Finding[]> => {
  const findings = [...(await ports.target.preflight(app))];
  const ours = await carried(ports);
  for (const address of addressesOf(app)) {
    const problem = ours.has(address) ? undefined : await trouble(address);
    const hint = 'Free it ("ss -ltnp" shows who has it), or choose another under "listen" or "ports".';
    findings.push(
      problem === undefined
        ? { ok: true, subject: address, message: 'clients can come in here' }
        : { ok: false, subject: address, message: problem, hint },
    );
  }
  return findings;
};
