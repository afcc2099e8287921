import { join } from 'node:path';
import {
  BatonError,
  type HoldBounds,
  type Known,
  known,
  type Traffic,
  type TrafficConfig,
  type TrafficObservation,
  unknown,
} from '@baton/core';
import {
  type DrainAnswer,
  type HealthAnswer,
  type HoldAnswer,
  type ObserveAnswer,
  type ReleaseAnswer,
  SOCKET_NAME,
  type TakeoverAnswer,
  VERSION_HEADER,
  WIRE_VERSION,
  type WireError,
} from '../control/wire.ts';
import { Agent, request as httpRequest } from '../node-http.ts';

/** Calls at a time; a drain occupies one for as long as it lasts. */
const MAX_SOCKETS = 64;
/** A call that meets a gateway in the moment of its replacement is asked again of the successor. */
const ATTEMPTS = 3;

interface Answer {
  readonly status: number;
  readonly body: string;
}

/**
 * Drives a gateway over its control socket. Every call is idempotent, so one whose connection broke because the
 * gateway was replaced is repeated.
 */
export class GatewayClient implements Traffic {
  readonly #socketPath: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: MAX_SOCKETS });

  constructor(stateDir: string) {
    this.#socketPath = join(stateDir, SOCKET_NAME);
  }

  async observe(scope: string): Promise<Known<TrafficObservation>> {
    try {
      const { config, ...rest } = await this.#call<ObserveAnswer>('observe', { scope });
      return known({ ...rest, config: config ?? undefined });
    } catch (error) {
      return unknown((error as Error).message);
    }
  }

  async apply(config: TrafficConfig): Promise<void> {
    await this.#call('apply', { config });
  }

  async hold(
    scope: string,
    epoch: number,
    services: readonly string[],
    bounds: HoldBounds,
    inFlightWaitMs: number,
  ): Promise<{ readonly inFlight: number }> {
    return await this.#call<HoldAnswer>('hold', { scope, epoch, services, bounds, inFlightWaitMs });
  }

  async release(
    scope: string,
    epoch: number,
    services: readonly string[],
    config?: TrafficConfig,
  ): Promise<{ readonly released: number; readonly maxHeldMs: number }> {
    return await this.#call<ReleaseAnswer>('release', { scope, epoch, services, config });
  }

  async drain(
    scope: string,
    epoch: number,
    pool: string,
    deadlineMs: number,
    reason: 'drained' | 'singleton-replaced',
  ): Promise<{ readonly cut: number }> {
    return await this.#call<DrainAnswer>('drain', { scope, epoch, pool, deadlineMs, reason });
  }

  async remove(scope: string, epoch: number): Promise<void> {
    await this.#call('remove', { scope, epoch });
  }

  /** Not part of the port: asks the gateway to start its successor and leave everything to it. */
  async takeOver(command?: readonly string[]): Promise<TakeoverAnswer> {
    return await this.#call<TakeoverAnswer>('takeover', { command });
  }

  async health(): Promise<HealthAnswer> {
    return JSON.parse(await this.#get('/health')) as HealthAnswer;
  }

  /** Prometheus text. */
  async metrics(): Promise<string> {
    return await this.#get('/metrics');
  }

  close(): void {
    this.#agent.destroy();
  }

  async #call<T>(operation: string, request: unknown): Promise<T> {
    return JSON.parse(await this.#answer('POST', `/${operation}`, JSON.stringify(request))) as T;
  }

  async #get(path: string): Promise<string> {
    return await this.#answer('GET', path, undefined);
  }

  async #answer(method: string, path: string, body: string | undefined): Promise<string> {
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#send(method, path, body);
      if (answer.status === 200) return answer.body;
      const { code, message, hint, fault } = (JSON.parse(answer.body) as WireError).error;
      if (code === 'gateway-replaced' && attempt < ATTEMPTS) continue;
      throw new BatonError(code, message, { hint, fault });
    }
  }

  async #send(method: string, path: string, body: string | undefined): Promise<Answer> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#sendOnce(method, path, body);
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code;
        // A gateway that was replaced closes its idle connections; the next attempt opens one to its successor.
        if (attempt < ATTEMPTS && (code === 'ECONNRESET' || code === 'EPIPE')) continue;
        throw new BatonError('gateway-unreachable', `The gateway does not answer at ${this.#socketPath}: ${code}`, {
          hint: 'Is it running? Its supervisor starts it again; "baton status" shows it.',
          cause: error,
        });
      }
    }
  }

  async #sendOnce(method: string, path: string, body: string | undefined): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const request = httpRequest({
      socketPath: this.#socketPath,
      agent: this.#agent,
      method,
      path,
      headers: {
        host: 'gateway',
        [VERSION_HEADER]: String(WIRE_VERSION),
        ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
      },
    });
    request.on('error', reject);
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
      response.on('error', reject);
    });
    request.end(body);
    return await promise;
  }
}
