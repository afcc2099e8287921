import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type App,
  type Clock,
  type InstanceId,
  instanceId,
  type LaunchRequest,
  type PinnedService,
  type Scope,
  type ServiceSpec,
} from '@baton/core';
import { CgroupConfinement, findCgroupParent } from '../confinement/index.ts';
import { removeTree } from '../disk/index.ts';
import { isAlive, processesWithNonce, readBootId } from '../proc/index.ts';

const machineClock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  bootId: readBootId,
  sleep: (ms: number, signal?: AbortSignal) => sleep(ms, undefined, { signal }),
};
/** Real processes need real time. */
export const clock: Clock = machineClock;

export const scope: Scope = { app: 'shop', environment: 'local' };
export const freshInstance = (): InstanceId => instanceId(randomUUID().replaceAll('-', ''));

/** Waits until it is so, for real processes that get there by themselves; fails loudly at the bound. */
export const eventually = async (isSo: () => boolean | Promise<boolean>, what: string): Promise<void> => {
  const begin = performance.now();
  while (!(await isSo())) {
    if (performance.now() - begin > 10_000) throw new Error(`not within 10 s: ${what}`);
    await sleep(2);
  }
};

const cgroupParent = findCgroupParent();

/** A temporary folder with an app in it; everything that was started or written goes with it. */
export class Place {
  readonly root = mkdtempSync(join(tmpdir(), 'target-process-'));
  readonly appRoot = join(this.root, 'app');
  readonly stateDir = join(this.root, 'state');
  readonly leases = join(this.root, 'leases');
  readonly #started: string[] = [];

  constructor() {
    mkdirSync(this.appRoot);
  }

  write(path: string, text: string, mode = 0o644): void {
    const file = join(this.appRoot, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text, { mode });
  }

  service(over: Partial<ServiceSpec> = {}): ServiceSpec {
    mkdirSync(join(this.appRoot, 'bot'), { recursive: true });
    return {
      name: 'bot',
      role: 'replicated',
      context: join(this.appRoot, 'bot'),
      command: ['sleep', '300'],
      environment: {},
      ports: [],
      dependsOn: [],
      replicas: 1,
      resources: {},
      volumes: [],
      networks: [],
      labels: {},
      stopGraceMs: 1000,
      stopSignal: 'SIGTERM',
      routes: [],
      health: { successes: 1, retries: 1, intervalMs: 1, timeoutMs: 1, startPeriodMs: 0, reach: [], maxRestarts: 0 },
      smoke: [],
      releaseFiles: [],
      compose: {},
      ...over,
    };
  }

  app(...services: readonly ServiceSpec[]): App {
    const strategy = { bakeMs: 1, drainMs: 1, holdMs: 1, rollbackTimeoutMs: 1, gateTimeoutMs: 1 };
    return {
      name: scope.app,
      root: this.appRoot,
      environment: { name: 'local', target: 'process', listen: [], tags: 'any', approvals: 0, strategy, preset: {} },
      environments: ['local'],
      services,
      flags: [],
      secrets: {},
      warnings: [],
    };
  }

  request(service: PinnedService, over: Partial<LaunchRequest> = {}): LaunchRequest {
    const instance = over.instance ?? freshInstance();
    this.#started.push(instance);
    return {
      scope,
      service,
      release: 1,
      slot: 'blue',
      instance,
      replica: 0,
      startAs: { kind: 'replica' },
      secret: 'only-we-know',
      environment: {},
      ...over,
    };
  }

  async remove(): Promise<void> {
    for (const instance of this.#started) {
      for (const { pid, startTime } of processesWithNonce(instance)) {
        if (isAlive({ pid, startTime })) process.kill(pid, 'SIGKILL');
      }
      await eventually(() => processesWithNonce(instance).length === 0, `end of ${instance}`);
      if (cgroupParent !== undefined) new CgroupConfinement(join(cgroupParent, instance)).remove();
    }
    await removeTree(this.root);
  }
}
