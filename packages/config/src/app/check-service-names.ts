import type { BatonFile } from '../baton/index.ts';
import type { ComposeProject } from '../compose/index.ts';
import { closest, type Problems } from '../source/index.ts';

/**
 * Each service stands in both files. One that is only in the compose file might be a second trader that nobody
 * declared; one that is only in baton.yaml has nothing to run.
 */
export function checkServiceNames(file: BatonFile, project: ComposeProject, problems: Problems): void {
  const composeFile = project.source?.file ?? 'the compose file';
  for (const name of file.serviceNames) {
    if (project.names.length === 0 || project.names.includes(name)) continue;
    const unclaimed = project.names.filter((other) => !file.serviceNames.includes(other));
    const place = file.source.place(['services', name], 'key');
    problems.add(place, `there is no service "${name}" in ${composeFile}`, closest(name, unclaimed));
  }
  if (file.top.services === undefined) return;
  for (const name of project.names) {
    const found = project.services.get(name);
    if (file.serviceNames.includes(name) || found?.inactive === true) continue;
    const place = (found?.source ?? project.source)?.place(['services', name], 'key');
    const near = closest(
      name,
      file.serviceNames.filter((other) => !project.names.includes(other)),
    );
    const message = `the service "${name}" is not in ${file.source.file}; add "${name}: {}" under services, with its role`;
    problems.add(place, message, near);
  }
}
