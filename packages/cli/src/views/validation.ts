import type { InstanceReport, StatusReport } from '@baton/api';
import type { Finding } from '@baton/core';
import { isWell } from './health.ts';

const finding = (ok: boolean, subject: string, good: string, bad: string, hint?: string): Finding =>
  hint === undefined || ok ? { ok, subject, message: ok ? good : bad } : { ok, subject, message: bad, hint };

const name = (one: InstanceReport): string => `${one.service} ${one.instance.slice(0, 8)} (${one.slot})`;

const list = (instances: readonly InstanceReport[], why: (one: InstanceReport) => string): string =>
  instances.map((one) => `${name(one)}: ${why(one)}`).join('; ');

const instanceFindings = (instances: readonly InstanceReport[], environment: string): readonly Finding[] => {
  const down = instances.filter(({ state }) => state !== 'running');
  const ill = instances.filter((one) => one.state === 'running' && !isWell(one));
  const other = instances.filter(({ health }) => health.identity === 'mismatch');
  const hint = `Look at: baton logs ${environment}, and baton health ${environment} --verbose`;
  return [
    finding(
      down.length === 0,
      'processes',
      `${instances.length} running`,
      list(down, (one) => one.exit ?? one.state),
      hint,
    ),
    finding(
      ill.length === 0,
      'health',
      'every instance is healthy',
      list(ill, (one) => one.health.violations[0]?.evidence ?? one.health.lastFailure ?? 'not healthy yet'),
      hint,
    ),
    finding(
      other.length === 0,
      'identity',
      'every instance is of the release that it should be',
      list(other, () => 'reports another release'),
      'Deploy again: what runs is not what was recorded.',
    ),
  ];
};

const batonFindings = (status: StatusReport, environment: string): readonly Finding[] =>
  status.batons.map((baton) => {
    const holders = status.instances.filter(
      (one) => one.service === baton.service && one.part === 'holder' && one.state === 'running',
    );
    const acting = holders.filter(({ phase }) => phase === null || phase === 'active');
    const ok = baton.holder !== null && acting.length === 1 && acting[0]?.instance === baton.holder.instance;
    const bad =
      baton.latch !== null
        ? `latched by ${baton.latch.by}`
        : baton.holder === null
          ? 'nobody holds it'
          : `${acting.length} instances act under it`;
    const good = `held by release ${baton.holder?.release} in ${baton.holder?.slot}, and it acts`;
    return finding(ok, `baton of ${baton.service}`, good, bad, `Look at: baton status ${environment}`);
  });

const routeFinding = (status: StatusReport): readonly Finding[] => {
  if (status.routes.length === 0) return [];
  const wrong = status.routes.filter(({ service, pool, held }) => {
    const live = status.live[service];
    return held || live === undefined || !pool.startsWith(`${service}@${live.slot}:`);
  });
  const bad = wrong.map(({ path, pool, held }) => `${path} ${held ? 'is held' : `goes to ${pool}`}`).join('; ');
  return [
    finding(
      wrong.length === 0,
      'routes',
      `${status.routes.length} go to what is live`,
      bad,
      'A daemon that runs puts them right by itself.',
    ),
  ];
};

/** Whether things stand as they should after a deployment: of everything live, or of one slot. */
export const validate = (status: StatusReport, slot: string | undefined, environment: string): readonly Finding[] => {
  const instances = status.instances.filter((one) => (slot === undefined ? one.live : one.slot === slot));
  if (slot !== undefined) {
    const some = instances.filter(({ state }) => state !== 'dead');
    const none = finding(
      some.length > 0,
      slot,
      `${some.length} instances`,
      'nothing runs in it',
      'The other slot may be the live one.',
    );
    return some.length === 0 ? [none] : [none, ...instanceFindings(some, environment)];
  }
  const expected = Object.keys(status.live);
  const missing = expected.filter(
    (service) => !instances.some((one) => one.service === service && one.state === 'running'),
  );
  return [
    finding(
      expected.length > 0,
      'release',
      `release ${status.release} is live`,
      'nothing is live',
      `Deploy first: baton deploy ${environment}`,
    ),
    finding(
      status.open === null,
      'deployment',
      'none under way',
      `${status.open?.kind} is at ${status.open?.step}`,
      `Watch: baton monitor ${environment}`,
    ),
    finding(
      !status.latched,
      'latch',
      'not set',
      'the emergency stop is in force',
      `Clear it: baton arm ${environment}`,
    ),
    finding(
      missing.length === 0,
      'services',
      `${expected.length} of ${expected.length} run`,
      `not running: ${missing.join(', ')}`,
      `Look at: baton logs ${environment}`,
    ),
    ...instanceFindings(instances, environment),
    ...batonFindings(status, environment),
    ...routeFinding(status),
    ...status.problems.map((problem) => finding(false, 'daemon', '', problem)),
  ];
};
