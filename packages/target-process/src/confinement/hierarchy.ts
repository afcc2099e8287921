import { existsSync, mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { readKernelText } from '../proc/index.ts';

/** Mount points of cgroup version 2 (proc_pid_mountinfo(5): the type stands after the dash). */
export const cgroup2Mounts = (mountinfo: string): readonly string[] =>
  mountinfo
    .split('\n')
    .map((line) => line.split(' '))
    .filter((fields) => fields[fields.indexOf('-') + 1] === 'cgroup2')
    .map((fields) =>
      (fields[4] ?? '').replaceAll(/\\(\d{3})/g, (_, code: string) => String.fromCharCode(parseInt(code, 8))),
    );

/** Our own place in the version 2 hierarchy, from /proc/self/cgroup (`0::/path`). */
export const ownCgroup = (text: string): string => text.match(/^0::(.*)$/m)?.[1] ?? '/';

/** True where groups can be made, joined and killed as a whole (cgroup.kill came with Linux 5.14). */
const isUsable = (parent: string): boolean => {
  const probe = join(parent, `probe-${process.pid}`);
  try {
    mkdirSync(parent, { recursive: true });
    mkdirSync(probe);
  } catch {
    return false;
  }
  const usable = existsSync(join(probe, 'cgroup.kill'));
  rmdirSync(probe);
  return usable;
};

/**
 * The folder that holds one cgroup for each instance, or undefined where there is none to use.
 * At the root of the hierarchy first: a group below our own would be killed with the unit of the
 * daemon, and the instances have to outlive that.
 */
export const findCgroupParent = (): string | undefined => {
  const mounts = cgroup2Mounts(readKernelText('/proc/self/mountinfo') ?? '');
  const own = ownCgroup(readKernelText('/proc/self/cgroup') ?? '');
  for (const mount of mounts) {
    for (const parent of new Set([join(mount, 'baton'), join(mount, own, 'baton')])) {
      if (isUsable(parent)) return parent;
    }
  }
  return undefined;
};
