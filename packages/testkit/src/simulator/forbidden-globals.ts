/** What no simulated part may touch: time and chance that no seed decides. */
const NAMES = ['setTimeout', 'setInterval', 'setImmediate'] as const;

const forbidden = (name: string) => (): never => {
  throw new Error(`${name} was called in a simulation: time and chance are handed in`);
};

/** Replaces them by ones that throw; the answer puts them back. */
export const forbidGlobals = (): (() => void) => {
  const saved = NAMES.map((name) => [name, globalThis[name]] as const);
  const { random } = Math;
  const { now } = Date;
  const performanceNow = performance.now.bind(performance);
  const timeout = AbortSignal.timeout.bind(AbortSignal);
  const { stackTraceLimit } = Error;
  // Thousands of simulated failures are thrown, and nobody reads where.
  Error.stackTraceLimit = 0;
  for (const name of NAMES) Object.assign(globalThis, { [name]: forbidden(name) });
  Math.random = forbidden('Math.random');
  Date.now = forbidden('Date.now');
  performance.now = forbidden('performance.now');
  AbortSignal.timeout = forbidden('AbortSignal.timeout');
  return () => {
    for (const [name, value] of saved) Object.assign(globalThis, { [name]: value });
    Math.random = random;
    Date.now = now;
    performance.now = performanceNow;
    AbortSignal.timeout = timeout;
    Error.stackTraceLimit = stackTraceLimit;
  };
};
