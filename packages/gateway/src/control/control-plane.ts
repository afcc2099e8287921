import { BatonError, type TrafficConfig } from '@baton/core';
import { Front, type ProxyContext } from '../proxy/index.ts';
import { normalHost, normalPrefix, parseAddress } from '../routing/index.ts';
import type { DurableState, MomentState, StateFiles } from '../state/index.ts';
import type { Switchboard } from '../switchboard.ts';
import type { Predecessor } from '../takeover/index.ts';
import type {
  DrainAnswer,
  DrainRequest,
  HealthAnswer,
  HoldAnswer,
  HoldRequest,
  ObserveAnswer,
  ReleaseAnswer,
  ReleaseRequest,
  TakeoverAnswer,
} from './wire.ts';
import { WIRE_VERSION } from './wire.ts';

/**
 * The operations of the control socket: epochs are checked, what must be durable is written, then the
 * switchboard changes in one step. Changes of configuration go one after the other.
 */
export class ControlPlane {
  readonly #board: Switchboard;
  readonly #files: StateFiles;
  readonly #context: ProxyContext;
  readonly #peerPort: number;
  readonly #epochs: Map<string, number>;
  /** The gateway that this one replaced, while it still serves connections. */
  predecessor: Predecessor | undefined;
  readonly #startSuccessor: (command: readonly string[] | undefined) => Promise<number>;
  #last: Promise<unknown> = Promise.resolve();
  /** While a successor is being started nothing may change. */
  #handingOver: Promise<unknown> | undefined;
  /** True once a successor answers in this gateway's place. */
  replaced = false;

  constructor(
    board: Switchboard,
    files: StateFiles,
    context: ProxyContext,
    peerPort: number,
    epochs: ReadonlyMap<string, number>,
    startSuccessor: (command: readonly string[] | undefined) => Promise<number>,
  ) {
    this.#startSuccessor = startSuccessor;
    this.#board = board;
    this.#files = files;
    this.#context = context;
    this.#peerPort = peerPort;
    this.#epochs = new Map(epochs);
  }

  /**
   * Resolves when changes may be asked for.
   * @throws BatonError `gateway-replaced` where a successor is to be asked instead
   */
  async ready(): Promise<void> {
    await this.#handingOver;
    if (!this.replaced) return;
    throw new BatonError('gateway-replaced', 'This gateway has been replaced by its successor', {
      hint: 'Connect again.',
    });
  }

  /** Starts a successor at a still moment and leaves everything to it. */
  async handOver(command: readonly string[] | undefined): Promise<TakeoverAnswer> {
    if (this.predecessor !== undefined) {
      throw new BatonError('takeover-failed', 'The gateway before this one still serves its last connections', {
        hint: 'Wait until they have ended, then try again.',
      });
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#handingOver = promise;
    try {
      const pid = await this.#inTurn(() => this.#startSuccessor(command));
      this.replaced = true;
      return { pid };
    } finally {
      resolve();
    }
  }

  async apply(config: TrafficConfig): Promise<void> {
    await this.#inTurn(() => this.#apply(config, undefined));
  }

  async hold(request: HoldRequest): Promise<HoldAnswer> {
    const { scope, epoch, services, bounds, inFlightWaitMs } = request;
    this.#checkEpoch(scope, epoch);
    const endsAtWallMs = Date.now() + bounds.maxMs;
    this.#board.hold(scope, epoch, services, bounds, endsAtWallMs);
    this.#files.writeMoment(this.#moment());
    const [mine, theirs] = await Promise.all([
      this.#board.inFlightEnded(scope, services, inFlightWaitMs),
      this.predecessor?.ask('hold', { ...request, endsAtWallMs }),
    ]);
    return { inFlight: mine.inFlight + (theirs?.inFlight ?? 0) };
  }

  async release(request: ReleaseRequest): Promise<ReleaseAnswer> {
    const { scope, epoch, services, config } = request;
    if (config === undefined) {
      this.#checkEpoch(scope, epoch);
      return await this.#release(request);
    }
    if (config.scope !== scope || config.epoch !== epoch) {
      throw new BatonError('control-request-invalid', 'A release names another scope or epoch than its configuration', {
        fault: 'bug',
        hint: 'Please report this with the output of "baton audit --json".',
      });
    }
    return await this.#inTurn(() => this.#apply(config, services));
  }

  async #release(request: Omit<ReleaseRequest, 'config'>, config?: TrafficConfig): Promise<ReleaseAnswer> {
    const mine = this.#board.release(request.scope, request.services);
    this.#files.writeMoment(this.#moment());
    const theirs = await this.predecessor?.ask('release', { ...request, ...(config === undefined ? {} : { config }) });
    return {
      released: mine.released + (theirs?.released ?? 0),
      maxHeldMs: Math.max(mine.maxHeldMs, theirs?.maxHeldMs ?? 0),
    };
  }

  async drain(request: DrainRequest): Promise<DrainAnswer> {
    const { scope, epoch, pool, deadlineMs, reason } = request;
    this.#checkEpoch(scope, epoch);
    const [mine, theirs] = await Promise.all([
      this.#board.drain(scope, pool, deadlineMs, reason),
      this.predecessor?.ask('drain', request),
    ]);
    return { cut: mine.cut + (theirs?.cut ?? 0) };
  }

  async remove(scope: string, epoch: number): Promise<void> {
    await this.#inTurn(async () => {
      this.#checkEpoch(scope, epoch);
      if (!this.#board.configs.has(scope)) return;
      await this.#files.writeDurable(this.#durable(scope, undefined));
      this.#board.install(scope, undefined);
      for (const service of this.#board.services) if (service.scope === scope) service.endHold();
      this.#closeUnused();
      await this.predecessor?.ask('remove', { scope, epoch });
    });
  }

  async observe(scope: string): Promise<ObserveAnswer> {
    const mine = this.#board.observe(scope);
    const theirs = await this.predecessor?.ask('observe', { scope });
    const peerBase = `http://127.0.0.1:${this.#peerPort}/${scope}`;
    if (theirs === undefined) return { ...mine, peerBase };
    const activity = new Map(mine.activity.map((item) => [item.pool, item]));
    for (const { pool, inFlight, streams } of theirs.activity) {
      const here = activity.get(pool) ?? { inFlight: 0, streams: 0 };
      activity.set(pool, { pool, inFlight: here.inFlight + inFlight, streams: here.streams + streams });
    }
    const held: Record<string, number> = { ...mine.held };
    for (const [name, waiting] of Object.entries(theirs.held)) held[name] = (held[name] ?? 0) + waiting;
    return { ...mine, held, activity: [...activity.values()], peerBase };
  }

  health(): HealthAnswer {
    return {
      status: this.#context.closing ? 'closing' : 'healthy',
      pid: process.pid,
      wire: WIRE_VERSION,
      peerAddress: `127.0.0.1:${this.#peerPort}`,
      listening: [...this.#board.fronts.keys()],
      scopes: [...this.#board.configs.keys()],
      predecessor: this.predecessor !== undefined,
    };
  }

  /** Runs alone, after every change that was asked for before. */
  async #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const run = this.#last.then(change, change);
    this.#last = run.catch(() => undefined);
    return await run;
  }

  async #apply(config: TrafficConfig, releasing: readonly string[] | undefined): Promise<ReleaseAnswer> {
    const { scope, epoch } = config;
    this.#checkEpoch(scope, epoch);
    this.#refuseTaken(config);
    const opened = await this.#openFronts(config);
    try {
      await this.#files.writeDurable(this.#durable(scope, config));
    } catch (error) {
      for (const front of opened) front.stopAccepting();
      throw error;
    }
    for (const front of opened) this.#board.fronts.set(front.address, front);
    this.#board.install(scope, config);
    this.#closeUnused();
    if (releasing !== undefined) return await this.#release({ scope, epoch, services: releasing }, config);
    await this.predecessor?.ask('apply', { config });
    return { released: 0, maxHeldMs: 0 };
  }

  async #openFronts(config: TrafficConfig): Promise<readonly Front[]> {
    const wanted = new Set(config.routes.map((route) => route.listen));
    const opened: Front[] = [];
    try {
      for (const address of wanted) {
        if (this.#board.fronts.has(address)) continue;
        const front = new Front(address, this.#context);
        await front.listen(parseAddress(address));
        opened.push(front);
      }
    } catch (error) {
      for (const front of opened) front.stopAccepting();
      throw error;
    }
    return opened;
  }

  /** An address without routes is given back; what is connected there may end. */
  #closeUnused(): void {
    const used = new Set([...this.#board.configs.values()].flatMap((config) => config.routes.map((r) => r.listen)));
    for (const [address, front] of this.#board.fronts) {
      if (used.has(address)) continue;
      front.stopAccepting();
      front.closeIdle();
      this.#board.fronts.delete(address);
    }
  }

  /** Two scopes cannot have the same address, host and path. */
  #refuseTaken(config: TrafficConfig): void {
    const key = (route: { listen: string; host?: string; path: string }): string =>
      `${route.listen} ${route.host === undefined ? '' : normalHost(route.host)} ${normalPrefix(route.path)}`;
    const mine = new Set<string>();
    for (const route of config.routes) {
      if (mine.has(key(route))) throw taken(`${route.listen}${route.host ?? ''}${route.path}`, config.scope);
      mine.add(key(route));
    }
    for (const other of this.#board.configs.values()) {
      if (other.scope === config.scope) continue;
      const clash = other.routes.find((route) => mine.has(key(route)));
      if (clash !== undefined) throw taken(`${clash.listen}${clash.host ?? ''}${clash.path}`, other.scope);
    }
  }

  #checkEpoch(scope: string, epoch: number): void {
    const seen = this.#epochs.get(scope) ?? 0;
    if (epoch < seen) {
      throw new BatonError('epoch-stale', `Epoch ${epoch} of ${scope} is over: ${seen} has been seen`, {
        hint: 'Another driver has taken this deployment over. Watch it with "baton status".',
      });
    }
    if (epoch === seen) return;
    this.#epochs.set(scope, epoch);
    this.#files.writeMoment(this.#moment());
  }

  #durable(scope: string, config: TrafficConfig | undefined): DurableState {
    const configs = [...this.#board.configs.values()].filter((other) => other.scope !== scope);
    return {
      version: 1,
      peerPort: this.#peerPort,
      configs: config === undefined ? configs : [...configs, config],
      epochs: Object.fromEntries(this.#epochs),
    };
  }

  #moment(): MomentState {
    return { version: 1, holds: this.#board.holds(), epochs: Object.fromEntries(this.#epochs) };
  }
}

const taken = (what: string, scope: string): BatonError =>
  new BatonError('route-taken', `The route ${what} is already taken by ${scope}`, {
    fault: 'user',
    hint: 'Give one of the two another address, host or path.',
  });
