import { parseArgs } from 'node:util';
import { startVenue } from './start-venue.ts';

const USAGE =
  'usage: node packages/venue/src/main.ts --journal FILE [--port N] [--mode witness|fencing] [--seed N] [--symbols BTC-PERP,...] [--step-ms N] [--open]';

function fail(message: string, code: number): never {
  process.stderr.write(`venue: ${message}\n`);
  process.exit(code);
}

function options() {
  try {
    const { values } = parseArgs({
      options: {
        port: { type: 'string', default: '0' },
        journal: { type: 'string' },
        mode: { type: 'string', default: 'witness' },
        seed: { type: 'string', default: '1' },
        symbols: { type: 'string', default: 'BTC-PERP' },
        'step-ms': { type: 'string', default: '100' },
        open: { type: 'boolean', default: false },
      },
    });
    const { journal, mode } = values;
    const [port, seed, stepMs] = [Number(values.port), Number(values.seed), Number(values['step-ms'])];
    if (journal === undefined) return fail(`--journal is missing.\n${USAGE}`, 2);
    if (mode !== 'witness' && mode !== 'fencing') return fail(`--mode must be witness or fencing.\n${USAGE}`, 2);
    if (!(port >= 0 && port < 65_536) || ![port, seed, stepMs].every(Number.isSafeInteger) || stepMs < 0) {
      return fail(`--port, --seed and --step-ms must be whole numbers.\n${USAGE}`, 2);
    }
    const symbols = values.symbols.split(',').filter((symbol) => symbol !== '');
    if (symbols.length === 0) return fail(`--symbols names no market.\n${USAGE}`, 2);
    return { journal, mode, port, seed, stepMs, symbols: [...new Set(symbols)], open: values.open } as const;
  } catch (error) {
    return fail(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`, 2);
  }
}

const asked = options();
try {
  const venue = await startVenue(asked);
  const stop = (): void => {
    venue.close().then(
      () => process.exit(0),
      (error: unknown) => fail(String(error), 1),
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  process.stdout.write(
    `${JSON.stringify({ url: venue.url, port: venue.port, mode: asked.mode, journal: asked.journal, pid: process.pid })}\n`,
  );
} catch (error) {
  fail(error instanceof Error ? error.message : String(error), 1);
}
