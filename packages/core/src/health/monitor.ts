import { containerPorts } from '../app/container-ports.ts';
import { canonicalJson } from '../chain.ts';
import { unknown } from '../known.ts';
import type { Clock } from '../ports/clock.ts';
import type { Prober } from '../ports/prober.ts';
import type { Json } from '../ports/store.ts';
import type { InstanceObservation, PinnedService, ResourceSample, Target } from '../ports/target.ts';
import {
  emptyWindow,
  isBad,
  judgeCpu,
  judgeIdentity,
  judgeMemory,
  type LayerWindows,
  observe,
  recentErrors,
} from './judge.ts';
import { type HealthView, type Layer, UNSEEN, type Violation } from './view.ts';

/** Between two tries of an instance that has not answered yet: short, so that a deployment does not wait for us. */
const EAGER_MS = 15;
const SAMPLE_MS = 500;
const LOG_LINES = 500;

export interface MonitorPorts {
  readonly clock: Clock;
  readonly prober: Prober;
  readonly target: Target;
  /** Where a name of a `reach` entry is found, as `host:port`; undefined leaves the entry as it stands. */
  readonly resolve: (service: string, port: number) => string | undefined;
  /** Something changed; the driver looks again. */
  readonly changed: () => void;
}

interface Watched {
  readonly observation: InstanceObservation;
  readonly pinned: PinnedService;
  readonly abort: AbortController;
  view: HealthView;
  layers: LayerWindows;
  errors: readonly number[];
  sample: ResourceSample | undefined;
  logsSince: number;
}

const sameHealth = (a: PinnedService, b: PinnedService): boolean =>
  a === b || canonicalJson(a.spec.health as unknown as Json) === canonicalJson(b.spec.health as unknown as Json);
const sameView = (a: HealthView, b: HealthView): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Watches every living instance over its layers, and keeps a view of each. What it forgets is asked again. */
export class HealthMonitor {
  readonly #ports: MonitorPorts;
  readonly #watched = new Map<string, Watched>();

  constructor(ports: MonitorPorts) {
    this.#ports = ports;
  }

  /** Watches exactly these from now on. */
  track(instances: readonly { readonly observation: InstanceObservation; readonly pinned: PinnedService }[]): void {
    const wanted = new Set<string>();
    for (const { observation, pinned } of instances) {
      if (observation.state === 'dead') continue;
      wanted.add(observation.instance);
      const known = this.#watched.get(observation.instance);
      if (known === undefined) this.#watch(observation, pinned, UNSEEN);
      else if (!sameHealth(known.pinned, pinned)) {
        // It is the same instance: what was seen of it stands, until it is judged by the new thresholds.
        known.abort.abort();
        this.#watch(observation, pinned, { ...known.view, violations: [] });
      }
    }
    for (const [instance, watched] of this.#watched) {
      if (wanted.has(instance)) continue;
      watched.abort.abort();
      this.#watched.delete(instance);
    }
  }

  view(instance: string): HealthView {
    return this.#watched.get(instance)?.view ?? UNSEEN;
  }

  close(): void {
    this.track([]);
  }

  #watch(observation: InstanceObservation, pinned: PinnedService, view: HealthView): void {
    const watched: Watched = {
      observation,
      pinned,
      abort: new AbortController(),
      view,
      layers: {},
      errors: [],
      sample: undefined,
      logsSince: this.#ports.clock.wallMs(),
    };
    this.#watched.set(observation.instance, watched);
    void this.#probeLoop(watched);
    void this.#resourceLoop(watched);
  }

  async #probeLoop(watched: Watched): Promise<void> {
    const { signal } = watched.abort;
    const { health } = watched.pinned.spec;
    while (!signal.aborted) {
      // A fault of a port is a bad answer, not the end of the watch.
      const failure = await this.#probe(watched).catch((error: unknown) => `it could not be probed: ${String(error)}`);
      if (signal.aborted) return;
      const successes = failure === undefined ? watched.view.successes + 1 : 0;
      const answeredBefore = watched.layers.endpoint !== undefined;
      // Before its first good answer an instance is starting, not failing: the gate's deadline judges that.
      if (failure === undefined || answeredBefore) this.#note(watched, 'endpoint', failure);
      this.#show(watched, { successes, lastFailure: failure ?? watched.view.lastFailure });
      if (failure === undefined && health.reach.length > 0) await this.#reach(watched);
      const eager = watched.layers.endpoint === undefined;
      await this.#pause(eager ? Math.min(EAGER_MS, health.intervalMs) : health.intervalMs, signal);
    }
  }

  /** Undefined when the instance answered well, else what was seen. */
  async #probe(watched: Watched): Promise<string | undefined> {
    const { spec } = watched.pinned;
    const { health } = spec;
    if (health.http !== undefined) {
      const address = watched.observation.addresses[health.http.port];
      if (address === undefined) return `port ${health.http.port} is not published by the target`;
      const answer = await this.#ports.prober.http(address, health.http.path, health.timeoutMs);
      if (!answer.ok) return `GET ${health.http.path}: ${answer.reason}`;
      if (answer.status < 200 || answer.status > 299) return `GET ${health.http.path} answered ${answer.status}`;
    } else if (health.command !== undefined) {
      const result = await this.#exec(watched, health.command);
      if (result !== undefined) return result;
    }
    return await this.#identify(watched);
  }

  async #exec(watched: Watched, command: readonly string[]): Promise<string | undefined> {
    try {
      const { code } = await this.#ports.target.exec(
        watched.observation.instance,
        command,
        watched.pinned.spec.health.timeoutMs,
      );
      return code === 0 ? undefined : `its check exited with code ${code}`;
    } catch (error) {
      return `its check could not run: ${error instanceof Error ? error.message : String(error)}`;
    }
  }

  async #identify(watched: Watched): Promise<string | undefined> {
    if (watched.view.identity !== 'unseen')
      return watched.view.identity === 'mismatch' ? watched.view.lastFailure : undefined;
    const { health } = watched.pinned.spec;
    const port = health.http?.port ?? containerPorts(watched.pinned.spec)[0];
    const address = port === undefined ? undefined : watched.observation.addresses[port];
    if (address === undefined) {
      this.#show(watched, { identity: 'unreported' });
      return undefined;
    }
    const answer = await this.#ports.prober.http(address, '/health/detailed', health.timeoutMs);
    // No HTTP at all is a program that says nothing of itself; it is identified by its process.
    if (!answer.ok && health.http !== undefined) return `GET /health/detailed: ${answer.reason}`;
    const expected = { release: watched.observation.release, digest: watched.pinned.digest };
    const { identity, evidence } =
      answer.ok && answer.status === 200
        ? judgeIdentity(answer.body, expected)
        : { identity: 'unreported' as const, evidence: '' };
    this.#show(watched, { identity });
    return identity === 'mismatch' ? evidence : undefined;
  }

  async #reach(watched: Watched): Promise<void> {
    const { health } = watched.pinned.spec;
    let failure: string | undefined;
    for (const entry of health.reach) {
      const [name = '', port = ''] = entry.split(':');
      const address = this.#ports.resolve(name, Number(port)) ?? entry;
      const answer = await this.#ports.prober.tcp(address, health.timeoutMs);
      if (watched.abort.signal.aborted) return;
      if (!answer.ok) failure ??= `${entry} cannot be reached: ${answer.reason}`;
    }
    // One judgement a round: the good answers of the others would hide one that is never reached.
    this.#note(watched, 'reach', failure);
  }

  async #resourceLoop(watched: Watched): Promise<void> {
    const { signal } = watched.abort;
    const { health, resources } = watched.pinned.spec;
    const judged = health.memory !== undefined || health.cpuShare !== undefined;
    if (!judged && health.logErrorsPerMinute === undefined) return;
    while (!signal.aborted) {
      if (judged) {
        const sample = await this.#ports.target
          .sample(watched.observation.instance)
          .catch((error: unknown) => unknown(String(error)));
        if (sample.known) {
          const cpu = judgeCpu(health, resources.cpus ?? 1, watched.sample, sample.value);
          this.#note(watched, 'resources', judgeMemory(health, resources.memoryBytes, sample.value) ?? cpu);
          watched.sample = sample.value;
        }
      }
      if (health.logErrorsPerMinute !== undefined) await this.#readLogs(watched, health.logErrorsPerMinute);
      await this.#pause(SAMPLE_MS, signal);
    }
  }

  async #readLogs(watched: Watched, allowed: number): Promise<void> {
    const now = this.#ports.clock.wallMs();
    const since = watched.logsSince;
    const lines = await this.#ports.target.logs(watched.observation.instance, since, LOG_LINES).catch(() => []);
    if (lines.length > 0) watched.logsSince = Math.max(...lines.map((line) => line.at)) + 1;
    watched.errors = recentErrors(watched.errors, lines, now);
    const { length } = watched.errors;
    const newest = lines.findLast((line) => /error|fatal|critical|traceback/i.test(line.text))?.text.slice(0, 160);
    const evidence =
      length > allowed
        ? `its log has ${length} errors within a minute, ${allowed} are allowed${newest === undefined ? '' : `; the newest: ${newest}`}`
        : undefined;
    // A rate is a judgement over time already: no second window over it.
    if (evidence !== undefined) this.#note(watched, 'logs', evidence);
    this.#note(watched, 'logs', evidence);
  }

  #note(watched: Watched, layer: Layer, failure: string | undefined): void {
    const before = watched.layers[layer];
    const window = observe(before?.window ?? emptyWindow, failure === undefined);
    watched.layers = { ...watched.layers, [layer]: { window, evidence: failure ?? before?.evidence ?? '' } };
    this.#show(watched, {});
  }

  #show(watched: Watched, change: Partial<HealthView>): void {
    const violations: Violation[] = [];
    for (const [layer, state] of Object.entries(watched.layers)) {
      if (!isBad(state.window)) continue;
      const { service, instance } = watched.observation;
      violations.push({ layer: layer as Layer, service, instance, evidence: state.evidence });
    }
    const next = { ...watched.view, ...change, violations };
    if (sameView(next, watched.view)) return;
    const before = watched.view;
    watched.view = next;
    const needed = watched.pinned.spec.health.successes;
    const settled = before.successes >= needed && next.successes >= needed && before.identity === next.identity;
    if (!settled || JSON.stringify(before.violations) !== JSON.stringify(violations)) this.#ports.changed();
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    await this.#ports.clock.sleep(ms, signal).catch(() => undefined);
  }
}
