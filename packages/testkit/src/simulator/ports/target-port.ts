import {
  BatonError,
  type DeathProof,
  type InstanceId,
  type InstanceObservation,
  known,
  type LaunchRequest,
  type Target,
  unknown,
} from '@baton/core';
import { ending, quiesced } from '@baton/sdk/lifecycle-state';
import type { SimProcess } from '../sim-process.ts';
import type { SimInstance } from '../world/machine.ts';
import type { SimWorld } from '../world/world.ts';
import { portCall, silent } from './call.ts';

const observationOf = (instance: SimInstance, boot: string): InstanceObservation => ({
  instance: instance.id,
  service: instance.service,
  slot: instance.slot,
  release: instance.release,
  digest: instance.digest,
  replica: instance.replica,
  startedAs: instance.startedAs,
  state: instance.alive ? 'running' : 'dead',
  handle: `${instance.address}:${boot}`,
  addresses: { 8000: instance.address },
  startedAt: instance.startedAt,
  ...(instance.exit === undefined
    ? {}
    : {
        exit: {
          code: instance.exit === 'killed' ? null : 1,
          signal: instance.exit === 'killed' ? 'SIGKILL' : null,
          outOfMemory: false,
        },
      }),
});

/** Its nonce was used up by the proof that it never was: what stands recorded is that it is dead. */
const neverStarted = (request: LaunchRequest, at: number): InstanceObservation => ({
  instance: request.instance,
  service: request.service.spec.name,
  slot: request.slot,
  release: request.release,
  digest: request.service.digest,
  replica: request.replica,
  startedAs: request.startAs.kind,
  state: 'dead',
  handle: `unrecorded:${request.instance}`,
  addresses: {},
  startedAt: at,
});

const proofOf = (world: SimWorld, id: InstanceId, instance: SimInstance | undefined): DeathProof => ({
  instance: id,
  handle: instance?.address ?? `unrecorded:${id}`,
  method: instance === undefined ? 'never-started' : instance.boot === world.machine.boot ? 'cgroup-empty' : 'rebooted',
  weak: false,
  note: '',
  at: world.wallMs(),
});

const KILL_TIMEOUT_MS = 10_000;

/** The host's processes as one process of Baton starts, sees and ends them. */
export const simTarget = (world: SimWorld, process: SimProcess): Target => {
  const { machine, scheduler } = world;
  const call = async <T>(
    method: string,
    subject: string,
    effect: () => T | Promise<T>,
    timeoutMs = 300,
    unanswered: () => T = () => {
      throw silent(`the target's ${method}`, 'target-unavailable');
    },
  ): Promise<T> =>
    await portCall<T>(world, process, {
      port: 'target',
      method,
      subject,
      remote: false,
      timeoutMs,
      effect,
      unanswered,
    });

  const end = async (id: InstanceId): Promise<DeathProof> => {
    const instance = machine.instances.get(id);
    world.invariants.effect({ kind: 'kill', instance: id, by: process });
    if (instance === undefined) machine.voided.add(id);
    if (instance === undefined || !instance.alive) return proofOf(world, id, instance);
    if (world.scenario.immortal && !world.injector.stopped && world.nowMs > world.scenario.faultsBeginMs) {
      // Whether it truly lives on or only cannot be seen to be dead is the seed's choice.
      if (world.random.below(2) === 0) machine.end(instance, 'killed');
      throw new BatonError('death-unconfirmed', `Instance ${id} is not proven dead`, { hint: 'Wait.' });
    }
    if (instance.stuckUntilMs > world.nowMs) {
      // In uninterruptible sleep: told to die, and there until its device answers.
      scheduler.at(instance.stuckUntilMs - world.nowMs, `${instance.service} ${id.slice(-4)} dies at last`, () => {
        machine.end(instance, 'killed');
        return true;
      });
      await new Promise<void>((_, reject) => {
        scheduler.at(KILL_TIMEOUT_MS, `the death of ${id.slice(-4)} is not confirmed`, () => {
          reject(new BatonError('death-unconfirmed', `Instance ${id} is not proven dead`, { hint: 'Wait.' }));
          return true;
        });
      });
    }
    machine.end(instance, 'killed');
    return proofOf(world, id, instance);
  };

  const refuse = (what: string) => (): never => {
    throw new BatonError('not-simulated', `${what} is not simulated`, { hint: '' });
  };
  return {
    kind: 'process',
    preflight: async () => [],
    pin: async (_app, spec) => {
      const version = `${spec.name}-${spec.environment.VERSION}-${spec.environment.BEHAVIOUR}`;
      return await call('pin', version, () => {
        machine.artefacts.add(version);
        return { spec, digest: `sha256:${version}`, artefact: version };
      });
    },
    artefactExists: async ({ artefact }) =>
      await call('artefactExists', artefact, () => machine.artefacts.has(artefact)),
    observe: async () =>
      await call(
        'observe',
        '',
        () => known([...machine.instances.values()].map((one) => observationOf(one, machine.boot))),
        300,
        () => unknown('the host does not answer'),
      ),
    launch: async (request) =>
      await call(
        'launch',
        `${request.service.spec.name} ${request.instance.slice(-4)} as ${request.startAs.kind}`,
        () => {
          if (!machine.artefacts.has(request.service.artefact))
            throw new BatonError('artefact-missing', `There is no copy ${request.service.artefact}`, { hint: '' });
          world.invariants.effect({ kind: 'launch', instance: request.instance, request, by: process });
          if (machine.voided.has(request.instance)) return neverStarted(request, world.wallMs());
          return observationOf(machine.start(request), machine.boot);
        },
      ),
    kill: async (instance) => await call('kill', instance.slice(-4), async () => await end(instance)),
    stop: async (id, graceMs) =>
      await call(
        'stop',
        id.slice(-4),
        async () => {
          world.invariants.effect({ kind: 'stop', instance: id, by: process });
          const instance = machine.instances.get(id);
          if (instance === undefined || !instance.alive) return proofOf(world, id, instance);
          instance.record = ending(instance.record);
          world.changed();
          await new Promise<void>((resolve) => {
            const leaveMs = instance.paused ? graceMs : 1 + world.random.below(Math.max(2, graceMs * 1.2));
            scheduler.at(Math.min(leaveMs, graceMs), `${instance.service} ${id.slice(-4)} has ended`, () => {
              if (leaveMs <= graceMs && instance.account !== undefined && !instance.paused)
                world.venue.flatten(instance.account);
              machine.end(instance, leaveMs > graceMs ? 'killed' : 'exited');
              resolve();
              return true;
            });
          });
          return proofOf(world, id, instance);
        },
        15_000,
      ),
    signal: async () => undefined,
    exec: async (id, command) =>
      await call('exec', `${id.slice(-4)} ${command.join(' ')}`, () => {
        const instance = machine.instances.get(id);
        if (instance === undefined || !instance.alive || instance.paused)
          throw new BatonError('exec-failed', 'it does not run', { hint: '' });
        world.invariants.effect({ kind: 'exec', instance: id, hook: command[0] ?? '', by: process });
        const [hook] = command;
        if (hook === 'quiesce') instance.record = quiesced(instance.record);
        if (hook === 'settle') {
          if (instance.inFlight > 0 || instance.behaviour === 'never-settles')
            return { code: 1, stdout: '', stderr: 'in flight' };
          if (instance.account !== undefined) world.venue.flatten(instance.account);
        }
        world.changed();
        return {
          code: 0,
          stdout:
            hook === 'exposure' ? JSON.stringify({ openOrders: 0, positions: 0, inFlight: instance.inFlight }) : '',
          stderr: '',
        };
      }),
    sample: async () => unknown('not simulated'),
    logs: async () => [],
    forget: async (id) =>
      await call('forget', id.slice(-4), () => {
        const instance = machine.instances.get(id);
        if (instance?.alive === true) refuse('forgetting what lives')();
        machine.forget(id);
      }),
    prune: async (_scope, keep) =>
      await call('prune', keep.join(','), () => {
        world.invariants.effect({ kind: 'prune', keep, by: process });
        const gone = [...machine.artefacts].filter((artefact) => !keep.includes(artefact));
        for (const artefact of gone) machine.artefacts.delete(artefact);
        world.changed();
        return gone;
      }),
  };
};
