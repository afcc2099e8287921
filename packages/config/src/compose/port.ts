import type { PortSpec } from '@baton/core';
import * as z from 'zod';
import { Refusal, scalar, wholeNumber } from '../values/index.ts';
import { composeObject } from './compose-object.ts';

const SHORT = /^(?:(?:(\[[0-9a-fA-F:.]+\]|[0-9.]+|localhost):)?(\d+(?:-\d+)?)?:)?(\d+(?:-\d+)?)(?:\/(tcp|udp))?$/;
/** Docker publishes on every address where none is named. */
const EVERY_ADDRESS = '0.0.0.0';
const HIGHEST = 65_535;

function range(text: string): readonly number[] | undefined {
  const [first = Number.NaN, last = first] = text.split('-').map(Number);
  if (!(first >= 1 && last <= HIGHEST && first <= last)) return undefined;
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** Reads `8000`, `8000:80`, `127.0.0.1:8000:80/udp`, `9090-9091:8080-8081`. */
function parsePorts(text: string): readonly PortSpec[] | Refusal {
  const found = SHORT.exec(text);
  const containers = range(found?.[3] ?? '');
  const published = found?.[2] === undefined ? undefined : range(found[2]);
  if (found === null || containers === undefined || (found[2] !== undefined && published === undefined)) {
    return new Refusal(
      `"${text}" is no port; write "8000:8000" or "127.0.0.1:8000:8000/tcp", ports from 1 to ${HIGHEST}`,
    );
  }
  if (published !== undefined && published.length !== containers.length) {
    return new Refusal(
      `"${text}" publishes ${published.length} ports for ${containers.length}; the ranges must be as long`,
    );
  }
  const host = (found[1] ?? EVERY_ADDRESS).replaceAll(/[[\]]/g, '');
  const protocol = found[4] === 'udp' ? 'udp' : 'tcp';
  return containers.map((containerPort, index) => {
    const port = published?.[index];
    return { containerPort, protocol, ...(port === undefined ? {} : { published: { host, port } }) };
  });
}

const shortPort = () =>
  scalar<readonly PortSpec[]>('a port such as "8000:8000"', { type: ['string', 'integer'] }, parsePorts);

const longPort = () =>
  composeObject({
    target: wholeNumber(1, HIGHEST),
    published: wholeNumber(1, HIGHEST).optional(),
    host_ip: z.string().optional(),
    protocol: z.enum(['tcp', 'udp']).optional(),
    app_protocol: z.string().optional(),
    mode: z.enum(['host', 'ingress']).optional(),
    name: z.string().optional(),
  }).transform((port): readonly PortSpec[] => [
    {
      containerPort: port.target,
      protocol: port.protocol ?? 'tcp',
      ...(port.published === undefined
        ? {}
        : { published: { host: port.host_ip ?? EVERY_ADDRESS, port: port.published } }),
    },
  ]);

/** A schema of compose's `ports`. */
export const ports = () =>
  z.array(z.union([shortPort(), longPort()])).transform((list): readonly PortSpec[] => list.flat());

/** A schema of compose's `expose`: ports that only peers reach. */
export const exposedPorts = () =>
  z
    .array(
      scalar<readonly PortSpec[]>('a port such as "8080"', { type: ['string', 'integer'] }, (text) =>
        text.includes(':') ? new Refusal(`"${text}" publishes a port; that belongs under ports`) : parsePorts(text),
      ),
    )
    .transform((list): readonly PortSpec[] => list.flat());
