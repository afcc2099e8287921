import { systemClock, type VenueClock } from './clock.ts';
import { Exchange, type MarketSpec, seededRandom } from './exchange/index.ts';
import { FaultPlan } from './faults/index.ts';
import { marketView, PriceStream, venueServer } from './http/index.ts';
import { Journal, type VenueMode } from './journal/index.ts';
import { LiveWitness, type WitnessReport } from './witness/index.ts';

/** Ticks at which a market's walk begins: 30,000 with ticks of 0.01. */
const START_PRICE_TICKS = 3_000_000;

export interface VenueOptions {
  /** File of the journal; one that exists is carried on. */
  readonly journal: string;
  /** `witness` (the default) refuses nothing; `fencing` refuses stale tokens. */
  readonly mode?: VenueMode;
  /** TCP port on 127.0.0.1; 0 (the default) takes a free one. */
  readonly port?: number;
  readonly host?: string;
  /** Of prices and of faults with a probability. */
  readonly seed?: number;
  readonly symbols?: readonly string[];
  /** Whether unknown accounts come into being with their first request. */
  readonly open?: boolean;
  /** Time between two prices; 0 moves them only by {@link RunningVenue.step}. */
  readonly stepMs?: number;
  readonly clock?: VenueClock;
}

export interface RunningVenue {
  /** Base URL, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** Moves the markets one step. */
  step(): void;
  /** The same as `GET /v1/witness`. */
  witness(account?: string): Promise<WitnessReport>;
  /** Ends every connection and writes the journal out. */
  close(): Promise<void>;
}

/**
 * Starts a venue in this process.
 * @throws BatonError `venue-journal-unusable`; what `listen` throws where the port is taken.
 */
export async function startVenue(options: VenueOptions): Promise<RunningVenue> {
  const { mode = 'witness', seed = 1, symbols = ['BTC-PERP'], clock = systemClock, stepMs = 100 } = options;
  const closing = new AbortController();
  const faults = new FaultPlan(seededRandom(seed));
  const exchange = new Exchange({ mode, seed, clock, faults, markets: symbols.map(marketSpec) });
  const journal = await Journal.open(options.journal, (entry) => exchange.replay.apply(entry));
  exchange.start(journal);
  const witness = new LiveWitness(journal);
  const stream = new PriceStream();
  const server = venueServer({
    exchange,
    journal,
    witness,
    faults,
    stream,
    clock,
    open: options.open ?? false,
    signal: closing.signal,
  });
  const step = (): void => {
    exchange.step();
    stream.send(exchange.symbols.map((symbol) => marketView({ exchange, faults }, symbol)));
  };
  const close = async (): Promise<void> => {
    closing.abort();
    stream.close();
    await server.close();
    await journal.close();
  };
  try {
    await server.listen({ host: options.host ?? '127.0.0.1', port: options.port ?? 0 });
  } catch (error) {
    await close();
    throw error;
  }
  if (stepMs > 0) void keepStepping(step, stepMs, clock, closing.signal);
  const address = server.server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://${options.host ?? '127.0.0.1'}:${port}`,
    port,
    step,
    witness: (account) => witness.report(account),
    close,
  };
}

const marketSpec = (symbol: string): MarketSpec => ({
  symbol,
  lotSize: 0.001,
  tickSize: 0.01,
  startPrice: START_PRICE_TICKS,
});

async function keepStepping(step: () => void, stepMs: number, clock: VenueClock, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await clock.sleep(stepMs, signal);
    } catch {
      return;
    }
    step();
  }
}
