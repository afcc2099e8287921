import { type ChildProcess, spawn } from 'node:child_process';
import type { Server as NetServer } from 'node:net';
import { BatonError } from '@baton/core';
import type { Switchboard } from '../switchboard.ts';
import {
  type FollowName,
  type FollowOperations,
  type FromPredecessor,
  type FromSuccessor,
  PEER_LISTENER,
} from './messages.ts';

const START_TIMEOUT_MS = 15_000;

type Follow = { readonly [N in FollowName]: (request: FollowOperations[N]['request']) => Promise<object> | object };

/** The predecessor's side: starts the gateway that replaces this one, and follows it afterwards. */
export class Successor {
  readonly #child: ChildProcess;
  readonly #board: Switchboard;
  readonly #onStop: () => void;

  private constructor(child: ChildProcess, board: Switchboard, onStop: () => void) {
    this.#child = child;
    this.#board = board;
    this.#onStop = onStop;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /**
   * Starts `command`, hands it every listening socket and resolves when it accepts on all of them.
   * @throws BatonError `takeover-failed`; nothing has changed then
   */
  static async start(command: readonly string[], board: Switchboard, onStop: () => void): Promise<Successor> {
    const [program = process.execPath, ...args] = command;
    const child = spawn(program, [...args, '--successor'], {
      detached: true,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const successor = new Successor(child, board, onStop);
    try {
      await successor.#handOver();
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
    child.unref();
    return successor;
  }

  async #handOver(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(() => reject(failed(`it was not ready within ${START_TIMEOUT_MS} ms`)), START_TIMEOUT_MS);
    this.#child.once('error', (error) => reject(failed(error.message)));
    this.#child.once('exit', (code) => reject(failed(`it ended with code ${code}`)));
    this.#child.on('message', (message: FromSuccessor) => {
      if (message.type === 'ready') this.#sendSockets();
      else if (message.type === 'serving') resolve();
      else void this.#follow(message);
    });
    try {
      await promise;
    } finally {
      clearTimeout(timer);
    }
  }

  #sendSockets(): void {
    const sockets: [string, NetServer][] = [[PEER_LISTENER, this.#board.peers.listener]];
    for (const [address, front] of this.#board.fronts) sockets.push([address, front.listener]);
    for (const [address, socket] of sockets) this.#send({ type: 'socket', address }, socket);
    this.#send({ type: 'sockets-sent' });
  }

  #send(message: FromPredecessor, socket?: NetServer): void {
    if (this.#child.connected) this.#child.send(message, socket, () => undefined);
  }

  async #follow(message: FromSuccessor & { readonly type: 'ask' }): Promise<void> {
    const run = this.#operations[message.name] as (request: unknown) => Promise<object> | object;
    this.#send({ type: 'answer', id: message.id, answer: await run(message.request) });
  }

  readonly #operations: Follow = {
    apply: ({ config }) => {
      this.#board.install(config.scope, config);
      return {};
    },
    hold: ({ scope, epoch, services, bounds, inFlightWaitMs, endsAtWallMs }) => {
      this.#board.hold(scope, epoch, services, bounds, endsAtWallMs);
      return this.#board.inFlightEnded(scope, services, inFlightWaitMs);
    },
    release: ({ scope, services, config }) => {
      if (config !== undefined) this.#board.install(scope, config);
      return this.#board.release(scope, services);
    },
    drain: ({ scope, pool, deadlineMs, reason }) => this.#board.drain(scope, pool, deadlineMs, reason),
    remove: ({ scope }) => {
      this.#board.install(scope, undefined);
      return {};
    },
    observe: ({ scope }) => this.#board.observe(scope),
    stop: () => {
      this.#onStop();
      return {};
    },
  };

  disconnect(): void {
    if (this.#child.connected) this.#child.disconnect();
  }
}

const failed = (what: string): BatonError =>
  new BatonError('takeover-failed', `The successor did not take over: ${what}`, {
    hint: 'This gateway goes on. Look at the output of the new one, then try again.',
  });
