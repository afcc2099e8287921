import { describe, expect, test } from 'vitest';
import { AppFolder } from './testing/app-folder.ts';

interface Files {
  readonly top?: string;
  readonly here?: string;
  readonly bot?: string;
  readonly compose?: string;
}

const app = ({ top = '', here = '', bot = '', compose = '' }: Files): AppFolder =>
  new AppFolder({
    'baton.yaml': `app: shop
environments:
  local: { target: process${here} }
  remote: { target: docker, host: "ssh://a@b", listen: ["0.0.0.0:443"], approvals: 1 }
services:
  bot: { role: singleton${bot} }
${top}`,
    'compose.yaml': `services: { bot: { build: ., command: node bot.js, expose: [8000]${compose} } }`,
    'days.ics': '',
    'cert.pem': '',
    'migrations/': '',
  });

describe('what the process target does not do yet is refused with its place', () => {
  test.each([
    ['tls', { here: ', tls: { certificate: cert.pem, key: cert.pem }' }, 'baton.yaml:3:29: "tls" is not supported'],
    ['host', { here: ', host: "ssh://a@b"' }, 'baton.yaml:3:29: "host" is not supported'],
    [
      'calendars',
      { here: ', calendars: [days]', top: 'calendars: { days: { file: days.ics } }\n' },
      'baton.yaml:3:29: "calendars" is not supported',
    ],
    ['takeover', { bot: ', takeover: lease' }, 'baton.yaml:6:27: "takeover: lease" is not supported'],
    ['check', { bot: ', health: { check: "true" }' }, 'baton.yaml:6:37: "check" is not supported'],
    ['notify', { top: 'notify: { me: { command: mail } }\n' }, 'baton.yaml:7:1: "notify" is not supported'],
    [
      'onDeploy',
      { top: 'migrations: { directory: migrations, databaseUrl: DB, onDeploy: true }\n' },
      'baton.yaml:7:55: "onDeploy" is not supported',
    ],
  ] satisfies readonly (readonly [string, Files, string])[])('%s', (_, files, says) => {
    using folder = app(files);
    const { message } = folder.refusal('local');
    expect(message).toContain(says);
    expect(message.split('\n')).toHaveLength(1);
  });

  test('channels that are switched off here are nothing to refuse', () => {
    using folder = app({ here: ', notify: []', top: 'notify: { me: { command: mail } }\n' });
    expect(folder.load('local').policy?.notify).toEqual([]);
  });
});

test('what a process is not given of a compose service is listed, each by its path', () => {
  using folder = app({
    compose:
      ', user: nobody, logging: { driver: x }, ulimits: { nofile: 9 }, restart: always, mem_limit: 64m, networks: [n], container_name: c, deploy: { update_config: {}, resources: { reservations: {} } } } }\nnetworks: { n: {} }\nx-rest: { a: { b: 1',
  });
  const [limits, rest] = folder.load('local').warnings;
  expect(limits).toMatch(/^bot: limits of memory and CPU are kept on target process only where it has a cgroup/);
  expect(rest).toBe(
    'bot: without effect on target process: networks, user, logging, restart, ulimits, deploy.update_config, deploy.resources.reservations',
  );
});

describe('flags', () => {
  const top = 'flags: { live: { env: LIVE, default: false }, old: { env: OLD_FLAG, removed: true } }\n';

  test('reach every service with the value of the environment', () => {
    using folder = app({ top, here: ', flags: { live: true }' });
    expect(folder.load('local').services[0]?.environment).toEqual({ LIVE: 'true' });
    expect(folder.load('remote').services[0]?.environment).toEqual({ LIVE: 'false' });
  });

  test.each([
    ['in the compose file', { compose: ', environment: { OLD_FLAG: 1 }' }, 'compose.yaml:1:'],
    ['for one service', { bot: ', environment: { OLD_FLAG: 1 }' }, 'baton.yaml:6:42:'],
    ['for the environment', { here: ', environment: { OLD_FLAG: 1 }' }, 'baton.yaml:3:44:'],
  ] satisfies readonly (readonly [string, Files, string])[])(
    'one that is gone and still set %s is refused: an older release would obey it',
    (_, files, place) => {
      using folder = app({ top, ...files });
      const { message } = folder.refusal('local');
      expect(message).toContain(place);
      expect(message).toContain('OLD_FLAG carried the flag "old", which was removed, and "bot" is still given it');
    },
  );

  test('have one place to be set', () => {
    using folder = app({ top, bot: ', environment: { LIVE: true }' });
    expect(folder.refusal('local').message).toContain('LIVE is carried by the flag "live"; set it under flags');
  });
});

describe('secrets', () => {
  const top = 'secrets: { KEY: "{app}/{env}/broker#key" }\n';

  test('come from the shell and are no part of what becomes a release', () => {
    using folder = app({ top });
    const { secretValues, ...rest } = folder.load('local', { KEY: 'do-not-write-this' });
    expect(secretValues).toEqual({ bot: { KEY: 'do-not-write-this' } });
    expect(rest.services[0]?.secrets).toEqual(['KEY']);
    expect(JSON.stringify(rest)).not.toContain('do-not-write-this');
  });

  test('are taken out of the variables of a service, wherever their value was written', () => {
    using folder = app({ top, here: ', environment: { KEY: from-a-file }' });
    const { secretValues, ...rest } = folder.load('local');
    expect(secretValues).toEqual({ bot: { KEY: 'from-a-file' } });
    expect(JSON.stringify(rest.services)).not.toContain('from-a-file');
  });

  test('without a value are refused, at their name', () => {
    using folder = app({ top });
    expect(folder.refusal('local').message).toMatch(/^baton\.yaml:7:12: the secret "KEY" has no value here/);
    expect(folder.refusal('local', { KEY: '' }).message).toContain('the secret "KEY" has no value here');
  });

  test('that a service is not given are not asked for', () => {
    using folder = app({ top, bot: ', secrets: []' });
    expect(folder.load('local').secretValues).toEqual({ bot: {} });
  });
});
