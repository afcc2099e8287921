import { WorkloadError } from './workload-error.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * How this process was told to begin. `unmanaged` is a program that a person started without Baton:
 * it serves, and it stays in standby, because nobody granted it anything.
 */
export type StartAs = 'replica' | 'standby' | 'holder' | 'unmanaged';

/** Who this process is, as Baton told it through the environment. */
export interface Identity {
  readonly app: string;
  readonly environment: string;
  readonly service: string;
  readonly slot: string;
  readonly release: number;
  readonly digest: string;
  /** The nonce of this process start. */
  readonly instance: string;
  readonly startAs: StartAs;
  /** The granted token, with `holder` only. */
  readonly token?: number;
}

const startModes: readonly string[] = ['replica', 'standby', 'holder'];

const wrong = (name: string, value: string, expected: string): WorkloadError =>
  new WorkloadError(
    'bad-environment',
    `${name} is ${JSON.stringify(value)}; expected ${expected}.`,
    `Start this program by Baton, or unset ${name}.`,
  );

function wholeNumber(env: Environment, name: string): number | undefined {
  const text = env[name];
  if (text === undefined || text === '') return undefined;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw wrong(name, text, 'a whole number');
  return value;
}

/**
 * Reads the variables that Baton gives every instance (docs/lifecycle.md).
 * @throws WorkloadError `bad-environment` where one is there and wrong: guessing who we are is worse than not starting.
 */
export function readIdentity(env: Environment): Identity {
  const startAs = env.BATON_START_AS ?? '';
  if (startAs !== '' && !startModes.includes(startAs)) throw wrong('BATON_START_AS', startAs, startModes.join(', '));
  const token = wholeNumber(env, 'BATON_TOKEN');
  if (startAs === 'holder' && token === undefined) throw wrong('BATON_TOKEN', '', 'the granted token of a holder');
  return {
    app: env.BATON_APP ?? '',
    environment: env.BATON_ENVIRONMENT ?? '',
    service: env.BATON_SERVICE ?? '',
    slot: env.BATON_SLOT ?? '',
    release: wholeNumber(env, 'BATON_RELEASE') ?? 0,
    digest: env.BATON_DIGEST ?? '',
    instance: env.BATON_INSTANCE ?? '',
    startAs: startAs === '' ? 'unmanaged' : (startAs as StartAs),
    ...(token === undefined || startAs !== 'holder' ? {} : { token }),
  };
}

/**
 * The port to listen on: PORT, a bare number or an address that ends in one.
 * @throws WorkloadError `bad-environment` where PORT is there and no port.
 */
export function readPort(env: Environment, fallback: number): number {
  const text = env.PORT;
  if (text === undefined || text === '') return fallback;
  const port = Number(text.slice(text.lastIndexOf(':') + 1));
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw wrong('PORT', text, 'a port between 0 and 65535');
  return port;
}
