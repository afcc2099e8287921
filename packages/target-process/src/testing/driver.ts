import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { InstanceId, InstanceObservation, PinnedService, ServiceSpec, Target } from '@baton/core';
import { findCgroupParent } from '../confinement/index.ts';
import { processTarget } from '../process-target.ts';
import { clock, eventually, type Place, scope } from './place.ts';

/** The ways in which this machine can prove a death; a behaviour is tested in each. */
export const ways = [
  { cgroups: 'off', method: 'no-process-with-nonce', weak: true },
  ...(findCgroupParent() === undefined ? [] : [{ cgroups: 'auto', method: 'cgroup-empty', weak: false } as const]),
] as const;

export const seen = async (target: Target, instance: InstanceId): Promise<InstanceObservation | undefined> => {
  const answer = await target.observe(scope);
  if (!answer.known) throw new Error(answer.reason);
  return answer.value.find((one) => one.instance === instance);
};

/** The steps that tests take with a target in a place. Each `daemon()` is another one on the same state. */
export class Driver {
  readonly #place: Place;
  readonly #cgroups: 'auto' | 'off';

  constructor(place: Place, cgroups: 'auto' | 'off') {
    this.#place = place;
    this.#cgroups = cgroups;
  }

  daemon(killTimeoutMs = 5000): Target {
    const { stateDir, leases } = this.#place;
    return processTarget({ stateDir, portLeaseDir: leases, clock, cgroups: this.#cgroups, killTimeoutMs });
  }

  pinned(target: Target, over: Partial<ServiceSpec> = {}): Promise<PinnedService> {
    const service = this.#place.service(over);
    return target.pin(this.#place.app(service), service);
  }

  async launched(target: Target, command: readonly string[]): Promise<InstanceObservation> {
    return target.launch(this.#place.request(await this.pinned(target, { command })));
  }

  async output(target: Target, instance: InstanceId, lines: number): Promise<readonly string[]> {
    const read = async (): Promise<readonly string[]> => (await target.logs(instance, 0, 100)).map((line) => line.text);
    await eventually(async () => (await read()).length >= lines, `${lines} lines of output`);
    return read();
  }

  recordPath(instance: InstanceId): string {
    return join(this.#place.stateDir, 'instances', `${instance}.json`);
  }

  /** What a crash, a reboot or another process may have left. */
  editRecord(instance: InstanceId, change: object): void {
    const record = JSON.parse(readFileSync(this.recordPath(instance), 'utf8')) as object;
    writeFileSync(this.recordPath(instance), JSON.stringify({ ...record, ...change }));
  }
}
