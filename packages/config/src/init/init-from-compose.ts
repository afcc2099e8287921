import { invariant } from '@baton/core/errors';
import { isMap, parseDocument } from 'yaml';
import { Problems, YamlSource } from '../source/index.ts';
import { nameFault, nearestName } from '../values/index.ts';
import { guessRole } from './guess-role.ts';

interface Found {
  readonly name: string;
  readonly image?: string;
  /** A process could run it as it is. */
  readonly runsBare: boolean;
  readonly hasPorts: boolean;
}

const WEB = /(^|[-_])(dashboard|web|www|ui|frontend|site|app|api|server)s?([-_]|$)/;

/**
 * A first baton.yaml, with comments, from a compose file (or from none). What could cost money is left open, so that
 * the file is refused, with the line to fill in, until a person has decided it.
 * @param composeText the text of the compose file, undefined where there is none
 * @param name what the app is to be called; it is made into a name where it is none
 * @throws BatonError `config-invalid` where the text is no YAML or declares no services
 */
export function initFromCompose(composeText: string | undefined, name: string): string {
  const app = nameFault(name) === undefined ? name : (nearestName(name) ?? 'app');
  const services = composeText === undefined ? [] : servicesOf(composeText);
  const target = services.length > 0 && !services.every((service) => service.runsBare) ? 'docker' : 'process';
  const door = doorOf(services)?.name;
  const bodies = services.map((service) => serviceText(service, service.name === door));
  const text = [
    '# How and where this app is deployed. Every key: docs/configuration.md',
    `app: ${app}`,
    '',
    'environments:',
    `  local: { target: ${target} }`,
    '  # production: { target: docker, host: "ssh://deploy@server", listen: ["0.0.0.0:443"], bake: 15m }',
    '',
    '# Each service of the compose file stands here, with its role:',
    '#   replicated  any number may act (the default)',
    '#   singleton   exactly one may act: a trader, a scheduler',
    '#   accessory   shared and not versioned with the release: a database, a cache',
    'services:',
    ...(bodies.length > 0 ? bodies : ['  web: { route: "/" }   # a service of compose.yaml that answers HTTP']),
    '',
  ].join('\n');
  invariant(isMap(parseDocument(text).contents), 'the file that init writes is YAML');
  return text;
}

function servicesOf(text: string): readonly Found[] {
  const problems = new Problems();
  const source = YamlSource.parse('compose.yaml', text, problems);
  const value = source?.toValue(problems);
  problems.throwIfAny();
  const body: unknown = typeof value === 'object' && value !== null && 'services' in value ? value.services : undefined;
  if (typeof body !== 'object' || body === null || Array.isArray(body) || Object.keys(body).length === 0) {
    problems.add(source?.top, 'there are no services in this file');
    throw problems.toError();
  }
  return Object.entries(body).map(([name, service]): Found => {
    const keys: Record<string, unknown> = typeof service === 'object' && service !== null ? { ...service } : {};
    const runsBare = 'build' in keys && ('command' in keys || 'entrypoint' in keys);
    const hasPorts = 'ports' in keys;
    return { name, runsBare, hasPorts, ...(typeof keys.image === 'string' ? { image: keys.image } : {}) };
  });
}

/** The one service that requests from outside most likely mean. */
function doorOf(services: readonly Found[]): Found | undefined {
  const candidates = services.filter((one) => one.hasPorts && guessRole(one.name, one.image) === 'replicated');
  return candidates.find((one) => WEB.test(one.name)) ?? candidates[0];
}

function serviceText(service: Found, isDoor: boolean): string {
  const name = nameFault(service.name) === undefined ? service.name : JSON.stringify(service.name);
  const guess = guessRole(service.name, service.image);
  if (guess === 'accessory') return `  ${name}: { role: accessory }`;
  if (guess === 'replicated') return isDoor ? `  ${name}: { route: "/" }` : `  ${name}: {}`;
  const lines = [
    `  ${name}:`,
    '    # It looks like something that must act alone. If any number may act, write role: replicated.',
    '    role: singleton',
    '    start: cold   # warm, once it speaks the lifecycle contract: a standby waits and the gap is milliseconds',
    '    stop: signal  # signal | http | exec: how it is told to finish',
  ];
  if (guess === 'trader') {
    lines.push(
      '    # If it sends no orders, take the next three lines away.',
      '    account:      # the broker account that it trades, such as bluefin-main',
      '    settle:       # choose flatten | transfer | keep: what becomes of open orders and positions at a switch',
      '    reconcile:    # choose venue | none: whether the venue itself is asked (then also venue: https://...)',
    );
  }
  return lines.join('\n');
}
