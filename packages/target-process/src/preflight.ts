import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { App, Finding, ServiceSpec } from '@baton/core';
import type { Layout } from './disk/index.ts';
import { commandOf, findExecutable, runFolder, searchPath } from './instance/index.ts';

export interface PreflightContext {
  readonly layout: Layout;
  readonly cgroupParent: string | undefined;
  readonly minFreeBytes: number;
  readonly baseEnvironment: NodeJS.ProcessEnv;
}

const mebibytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;

const stateFinding = ({ layout }: PreflightContext): Finding => {
  const subject = 'state directory';
  try {
    accessSync(layout.root, constants.R_OK | constants.W_OK | constants.X_OK);
    return { ok: true, subject, message: `${layout.root} can be written` };
  } catch {
    const hint = 'Give the daemon a state directory that it owns, or free this one.';
    return { ok: false, subject, message: `${layout.root} cannot be written`, hint };
  }
};

const diskFinding = ({ layout, minFreeBytes }: PreflightContext): Finding => {
  const { bavail, bsize } = statfsSync(layout.root);
  const free = bavail * bsize;
  const message = `${mebibytes(free)} free at ${layout.root}`;
  if (free >= minFreeBytes) return { ok: true, subject: 'disk', message };
  const hint = `At least ${mebibytes(minFreeBytes)} are wanted: remove old releases with "baton cleanup", or free space.`;
  return { ok: false, subject: 'disk', message, hint };
};

const confinementFinding = ({ cgroupParent }: PreflightContext): Finding => {
  const subject = 'proof of death';
  if (cgroupParent !== undefined) return { ok: true, subject, message: `by cgroup, in ${cgroupParent}` };
  const message =
    'by the nonce in the environment of processes: weaker, a process that clears its environment is not seen';
  return {
    ok: true,
    subject,
    message,
    hint: 'A writable cgroup 2 hierarchy makes it strong: run the daemon as root, or delegate one.',
  };
};

const serviceFinding = (service: ServiceSpec, base: NodeJS.ProcessEnv): Finding => {
  const subject = `service ${service.name}`;
  const [program] = commandOf(service);
  if (program === undefined) {
    const hint = 'Give it "build:" and "command:", or deploy it to a docker target.';
    return { ok: false, subject, message: 'has no command; the process target does not read images', hint };
  }
  const context = service.context === undefined ? undefined : resolve(service.context);
  if (context !== undefined && !existsSync(context)) {
    return {
      ok: false,
      subject,
      message: `its build context ${context} is not there`,
      hint: 'Correct "build:" in the compose file.',
    };
  }
  const absent = service.releaseFiles.find((file) => !existsSync(file));
  if (absent !== undefined) {
    return {
      ok: false,
      subject,
      message: `its release file ${absent} is not there`,
      hint: 'Correct "release.files" in baton.yaml.',
    };
  }
  const cwd = runFolder(service, context ?? '/');
  if (findExecutable(program, cwd, service.environment.PATH ?? searchPath(base)) === undefined) {
    const hint = 'Install the program, put it into PATH, or correct "command:" in the compose file.';
    return {
      ok: false,
      subject,
      message: `its command "${program}" is not there or may not be executed (looked from ${cwd})`,
      hint,
    };
  }
  if (service.user !== undefined) {
    const message = `"user: ${service.user}" has no effect: processes run as the daemon's own user`;
    return { ok: true, subject, message, hint: 'Deploy to a docker target where users have to be apart.' };
  }
  return { ok: true, subject, message: `"${program}" was found` };
};

/** Looks at all that a deployment to this machine needs, and reports every finding, good ones too. */
export const preflight = (context: PreflightContext, app: App): readonly Finding[] => {
  const proc = existsSync('/proc/self/stat');
  const procFinding: Finding = proc
    ? { ok: true, subject: '/proc', message: 'is mounted' }
    : { ok: false, subject: '/proc', message: 'is not mounted', hint: 'The process target needs Linux with /proc.' };
  const machine = [procFinding, stateFinding(context), diskFinding(context), confinementFinding(context)];
  return [...machine, ...app.services.map((service) => serviceFinding(service, context.baseEnvironment))];
};
