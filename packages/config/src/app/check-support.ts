import type { Draft } from './draft.ts';

/** What this version does not do on target `process`. Refused, never ignored: somebody relies on each of these. */
export function checkSupport(draft: Draft): void {
  const { environment, environmentName, file, problems } = draft;
  if (environment.target !== 'process') return;
  const refuse = (path: readonly string[], key: string, instead: string): void => {
    const message = `"${key}" is not supported on target process yet; ${instead}`;
    problems.add(file.source.place(path, 'key'), message);
  };
  const here = (key: string): readonly string[] => ['environments', environmentName, key];
  if (environment.tls !== undefined)
    refuse(here('tls'), 'tls', 'put a proxy that has the certificate before the gateway');
  if (environment.host !== undefined) refuse(here('host'), 'host', 'run the command on that machine');
  if ((environment.calendars ?? []).length > 0)
    refuse(here('calendars'), 'calendars', 'say under windows when a deployment may begin');
  for (const [name, service] of file.services) {
    if (service.takeover === 'lease')
      refuse(['services', name, 'takeover'], 'takeover: lease', 'here the death of a holder is always confirmed');
  }
  for (const [name, service] of file.services) {
    if (service.health?.check !== undefined)
      refuse(['services', name, 'health', 'check'], 'check', 'use command, which is judged once the program runs');
  }
  const channels = Object.keys(file.top.notify ?? {}).filter((name) => environment.notify?.includes(name) ?? true);
  if (channels.length > 0) {
    const path = environment.notify === undefined ? ['notify'] : here('notify');
    refuse(path, 'notify', `nobody would hear: write notify: [] under environments.${environmentName}`);
  }
  const { migrations, images } = file.top;
  if (migrations?.onDeploy === true)
    refuse(['migrations', 'onDeploy'], 'onDeploy', 'apply what is pending before the deployment');
  else if (migrations !== undefined) problems.warn(undefined, 'migrations: without effect on target process');
  if (images !== undefined) problems.warn(undefined, 'images: without effect on target process, which runs none');
}
