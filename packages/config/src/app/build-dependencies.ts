import { closest } from '../source/index.ts';
import type { Draft, ServiceDraft } from './draft.ts';

/** Names of the services that this one waits for; those that are not required and not there are left out. */
export function buildDependencies(draft: Draft, service: ServiceDraft): readonly string[] {
  const kept: string[] = [];
  for (const [name, { required }] of Object.entries(service.compose.depends_on ?? {})) {
    const place = service.inCompose('depends_on');
    if (!draft.project.names.includes(name)) {
      if (!required) continue;
      const message = `"${service.name}" depends on "${name}", which is no service of the compose file`;
      service.refuse(place, message, closest(name, draft.project.names));
    } else if (draft.project.services.get(name)?.inactive === true) {
      if (!required) continue;
      const profiles = draft.project.services.get(name)?.service.profiles?.join(', ');
      service.refuse(
        place,
        `"${service.name}" depends on "${name}", whose profiles (${profiles}) are switched off here`,
      );
    } else kept.push(name);
  }
  return kept;
}
