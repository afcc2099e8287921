import type { Server as NetServer } from 'node:net';
import { BatonError } from '@baton/core';
import type { FollowName, FollowOperations, FromPredecessor, FromSuccessor } from './messages.ts';

const HAND_OVER_TIMEOUT_MS = 10_000;

/** The successor's side of the channel to the gateway that it replaces. */
export class Predecessor {
  readonly #answers = new Map<number, (answer: unknown) => void>();
  readonly #onGone: () => void;
  #nextId = 1;
  #gone = false;

  constructor(onGone: () => void) {
    this.#onGone = onGone;
    process.once('disconnect', () => this.#end());
  }

  /**
   * Says that the routes are in force and takes the listening sockets; `adopt` is called for each, and must
   * begin to listen before it returns.
   * @throws BatonError `takeover-failed`
   */
  async takeSockets(adopt: (address: string, socket: NetServer) => void): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(() => reject(failed('it sent no sockets')), HAND_OVER_TIMEOUT_MS);
    process.once('disconnect', () => reject(failed('it ended')));
    process.on('message', (message: FromPredecessor, socket: unknown) => {
      if (message.type === 'socket') adopt(message.address, socket as NetServer);
      else if (message.type === 'sockets-sent') resolve();
      else this.#answered(message.id, message.answer);
    });
    send({ type: 'ready' });
    try {
      await promise;
    } finally {
      clearTimeout(timer);
    }
  }

  serving(): void {
    send({ type: 'serving' });
  }

  /** Resolves with undefined where the predecessor has ended: it carries nothing any more. */
  async ask<N extends FollowName>(
    name: N,
    request: FollowOperations[N]['request'],
  ): Promise<FollowOperations[N]['answer'] | undefined> {
    if (this.#gone) return undefined;
    const id = this.#nextId++;
    const { promise, resolve } = Promise.withResolvers<unknown>();
    this.#answers.set(id, resolve);
    send({ type: 'ask', id, name, request });
    return (await promise) as FollowOperations[N]['answer'] | undefined;
  }

  #answered(id: number, answer: unknown): void {
    this.#answers.get(id)?.(answer);
    this.#answers.delete(id);
  }

  #end(): void {
    this.#gone = true;
    for (const resolve of this.#answers.values()) resolve(undefined);
    this.#answers.clear();
    this.#onGone();
  }
}

const send = (message: FromSuccessor): void => {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
};

const failed = (what: string): BatonError =>
  new BatonError('takeover-failed', `The running gateway did not hand over: ${what}`, {
    hint: 'The running gateway goes on. Look at its log, then try again.',
  });
