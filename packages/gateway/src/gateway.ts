import { rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { Server as NetServer } from 'node:net';
import { BatonError } from '@baton/core';
import { ControlPlane, ControlServer, someoneAnswers } from './control/index.ts';
import { ServiceTraffic } from './hold/index.ts';
import { exposition } from './metrics/exposition.ts';
import { createServer } from './node-http.ts';
import { DEFAULT_OPTIONS, type GatewayOptions } from './options.ts';
import { AccessLog, Front, type ProxyContext, TrustedProxies } from './proxy/index.ts';
import { parseAddress } from './routing/index.ts';
import { type DurableState, StateFiles, StateLock } from './state/index.ts';
import { Switchboard } from './switchboard.ts';
import { PEER_LISTENER, Predecessor, Successor } from './takeover/index.ts';

export interface GatewayHandle {
  /** The control socket. */
  readonly socketPath: string;
  /** Port of the listener for traffic between services, on 127.0.0.1. */
  readonly peerPort: number;
  /** Accepts nothing new, lets what is in flight end within `stopTimeoutMs`, then closes. */
  stop(): Promise<void>;
  /** Resolves when the gateway has ended: stopped, or replaced and drained. */
  readonly ended: Promise<void>;
}

/** How often a successor asks for the lock that its predecessor has just let go. */
const LOCK_RETRY_MS = 20;
const LOCK_TRIES = 50;

/**
 * Starts a gateway on a state folder: what was in force when the last one ended is in force when this resolves.
 * @param asSuccessor true in a process that a running gateway started to be replaced by it
 * @throws BatonError `gateway-running`, `gateway-state-corrupt`, `gateway-state-unwritable`, `listen-failed`,
 *   `peer-port-taken`, `control-socket-failed`, `takeover-failed`
 */
export const startGateway = async (
  given: Partial<GatewayOptions> & Pick<GatewayOptions, 'stateDir'>,
  asSuccessor = false,
): Promise<GatewayHandle> => {
  const gateway = new Gateway({ ...DEFAULT_OPTIONS, ...given });
  await gateway.start(asSuccessor);
  return gateway;
};

class Gateway implements GatewayHandle {
  readonly #options: GatewayOptions;
  readonly #files: StateFiles;
  readonly #context: ProxyContext;
  readonly #board: Switchboard;
  readonly #whenEnded = Promise.withResolvers<void>();
  #lock: StateLock | undefined;
  #plane!: ControlPlane;
  #control!: ControlServer;
  #metricsServer: Server | undefined;
  #successor: Successor | undefined;
  #stopping: Promise<void> | undefined;
  peerPort = 0;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#files = new StateFiles(options.stateDir);
    this.#context = {
      options,
      trusted: new TrustedProxies(options.trustedProxies),
      accessLog:
        options.accessLog === undefined ? undefined : new AccessLog(options.accessLog.file, options.accessLog.maxBytes),
      unrouted: new ServiceTraffic('', ''),
      unavailableWaiting: 0,
      closing: false,
    };
    this.#board = new Switchboard(new Front(PEER_LISTENER, this.#context), options);
  }

  get socketPath(): string {
    return this.#control.path;
  }

  get ended(): Promise<void> {
    return this.#whenEnded.promise;
  }

  async start(asSuccessor: boolean): Promise<void> {
    if (!asSuccessor) await this.#lockFolder();
    try {
      const state = this.#files.readDurable();
      const epochs = this.#restore(state);
      if (asSuccessor) await this.#listenAsSuccessor(state, epochs);
      else await this.#listenFresh(state, epochs);
      await this.#listenForMetrics();
    } catch (error) {
      for (const front of [this.#board.peers, ...this.#board.fronts.values()]) front.stopAccepting();
      this.#lock?.release();
      throw error;
    }
  }

  async #lockFolder(): Promise<void> {
    this.#lock = await StateLock.acquire(this.#options.stateDir);
    if (!(await someoneAnswers(this.#options.stateDir))) return;
    this.#lock.release();
    throw new BatonError('gateway-running', `Another gateway already serves ${this.#options.stateDir}`, {
      fault: 'user',
      hint: 'Use that one, or stop it first. To replace it without losing a request, start with --takeover.',
    });
  }

  /** Routes and holds are in force before anything is accepted. */
  #restore(state: DurableState | undefined): ReadonlyMap<string, number> {
    const moment = this.#files.readMoment();
    const epochs = new Map(Object.entries(state?.epochs ?? {}));
    for (const [scope, epoch] of Object.entries(moment.epochs)) {
      epochs.set(scope, Math.max(epoch, epochs.get(scope) ?? 0));
    }
    const now = Date.now();
    for (const { scope, service, epoch, bounds, endsAtWallMs } of moment.holds) {
      if (endsAtWallMs > now) this.#board.hold(scope, epoch, [service], bounds, endsAtWallMs);
    }
    for (const config of state?.configs ?? []) {
      for (const { listen } of config.routes) {
        if (!this.#board.fronts.has(listen)) this.#board.fronts.set(listen, new Front(listen, this.#context));
      }
    }
    for (const config of state?.configs ?? []) this.#board.install(config.scope, config);
    return epochs;
  }

  async #listenFresh(state: DurableState | undefined, epochs: ReadonlyMap<string, number>): Promise<void> {
    this.peerPort = await this.#listenForPeers(state);
    if (state === undefined) {
      await this.#files.writeDurable({ version: 1, peerPort: this.peerPort, configs: [], epochs: {} });
    }
    for (const [address, front] of this.#board.fronts) await front.listen(parseAddress(address));
    await this.#openControl(epochs);
  }

  async #listenForPeers(state: DurableState | undefined): Promise<number> {
    try {
      return await this.#board.peers.listen({ host: '127.0.0.1', port: state?.peerPort ?? 0 });
    } catch (error) {
      throw new BatonError('peer-port-taken', `Port ${state?.peerPort} for traffic between services is in use`, {
        hint: 'The running services were told this port. Free it and start again.',
        cause: error,
      });
    }
  }

  async #listenAsSuccessor(state: DurableState | undefined, epochs: ReadonlyMap<string, number>): Promise<void> {
    if (state === undefined) {
      throw new BatonError('takeover-failed', 'There is no state to take over', { hint: 'Start without --successor.' });
    }
    this.peerPort = state.peerPort;
    const predecessor = new Predecessor(() => void this.#predecessorEnded());
    const listening: Promise<number>[] = [];
    await predecessor.takeSockets((address: string, socket: NetServer) => {
      const front = address === PEER_LISTENER ? this.#board.peers : this.#board.fronts.get(address);
      if (front !== undefined) listening.push(front.listen(socket));
    });
    await Promise.all(listening);
    await this.#openControl(epochs);
    this.#plane.predecessor = predecessor;
    predecessor.serving();
  }

  async #predecessorEnded(): Promise<void> {
    this.#plane.predecessor = undefined;
    for (let i = 0; i < LOCK_TRIES && this.#stopping === undefined; i++) {
      try {
        this.#lock = await StateLock.acquire(this.#options.stateDir);
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, LOCK_RETRY_MS));
      }
    }
  }

  async #openControl(epochs: ReadonlyMap<string, number>): Promise<void> {
    this.#plane = new ControlPlane(this.#board, this.#files, this.#context, this.peerPort, epochs, (command) =>
      this.#handOver(command),
    );
    this.#control = new ControlServer(this.#options.stateDir, this.#plane, () =>
      exposition(this.#board, this.#context),
    );
    await this.#control.listen();
  }

  async #listenForMetrics(): Promise<void> {
    const { metricsAddress } = this.#options;
    if (metricsAddress === undefined) return;
    const { host, port } = parseAddress(metricsAddress);
    const server = createServer((request, response) => this.#control.answerGet(request, response));
    this.#metricsServer = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', (cause) =>
        reject(
          new BatonError('listen-failed', `The gateway cannot serve metrics on ${metricsAddress}: ${cause.message}`, {
            hint: 'Choose another address for --metrics.',
            cause,
          }),
        ),
      );
      server.listen(port, host, resolve);
    });
  }

  async #handOver(command: readonly string[] | undefined): Promise<number> {
    // The successor serves metrics on the same port.
    this.#metricsServer?.close();
    try {
      this.#successor = await Successor.start(command ?? ownCommand(), this.#board, () => void this.stop());
    } catch (error) {
      await this.#listenForMetrics();
      throw error;
    }
    this.#context.closing = true;
    for (const front of this.#fronts()) front.stopAccepting();
    this.#control.stop();
    void this.#endWhenEmpty();
    return this.#successor.pid;
  }

  #fronts(): readonly Front[] {
    return [this.#board.peers, ...this.#board.fronts.values()];
  }

  /** A predecessor serves the connections that it has until the last one ended. */
  async #endWhenEmpty(): Promise<void> {
    await withinMs(this.#options.predecessorTimeoutMs, this.#allEmpty());
    await this.stop();
  }

  async #allEmpty(): Promise<void> {
    await Promise.all(this.#fronts().map((front) => front.empty()));
  }

  async stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    await this.#stopping;
  }

  async #stop(): Promise<void> {
    const replaced = this.#successor !== undefined;
    this.#context.closing = true;
    this.#metricsServer?.close();
    for (const front of this.#fronts()) {
      if (!replaced) front.stopAccepting();
      front.closeIdle();
    }
    await this.#plane.predecessor?.ask('stop', {});
    for (const service of this.#board.services) service.endHold();
    await withinMs(this.#options.stopTimeoutMs, this.#allEmpty());
    for (const front of this.#fronts()) front.closeAll();
    for (const pool of this.#board.pools) pool.retire();
    this.#context.accessLog?.close();
    this.#control.closeAll();
    if (!replaced) {
      this.#control.stop();
      await rm(this.#control.path, { force: true });
    }
    this.#lock?.release();
    this.#successor?.disconnect();
    this.#whenEnded.resolve();
  }
}

/** The program and arguments of this process, to start the same again. */
const ownCommand = (): readonly string[] => [
  process.execPath,
  ...process.execArgv,
  ...process.argv.slice(1).filter((argument) => argument !== '--takeover' && argument !== '--successor'),
];

const withinMs = async (ms: number, work: Promise<void>): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([work, promise]);
  clearTimeout(timer);
};
