import { Refusal, scalar } from './scalar.ts';

/** `port` undefined means the first container port of the service. */
export interface ProbeAddress {
  readonly port: number | undefined;
  readonly path: string;
}

const PROBE = /^:?(\d{1,5})?(\/[^\s#]*)?$/;

/** A schema of a probe of a service's own port: `8000/health`, `/health`, `8000`. */
export const httpProbe = () =>
  scalar<ProbeAddress>(
    'a port and path such as "8000/health"',
    { type: ['string', 'integer'], pattern: PROBE.source },
    (text) => {
      const found = PROBE.exec(text);
      const port = found?.[1] === undefined ? undefined : Number(found[1]);
      const valid = found !== null && text !== '' && (port === undefined || (port >= 1 && port <= 65_535));
      if (valid) return { port, path: found[2] ?? '/' };
      const url = URL.parse(text);
      const suggestion =
        url === null || !url.protocol.startsWith('http') ? undefined : `${url.port || '80'}${url.pathname}`;
      return new Refusal(`"${text}" is no probe; write a container port and a path, such as "8000/health"`, suggestion);
    },
  );
