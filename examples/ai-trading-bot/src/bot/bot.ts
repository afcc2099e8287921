import {
  createWorkload,
  type Environment,
  type HealthFunction,
  type Json,
  metricLine,
  peer,
  type Workload,
} from '@baton/sdk';
import { Memory } from './memory.ts';
import { OrderDesk } from './order-desk.ts';
import { settle } from './settle.ts';
import { decideOrders, type Learned, learn, type Market, nothingLearned, strategyName } from './strategy.ts';
import { VenueClient } from './venue-client.ts';

export interface BotOptions {
  readonly env: Environment;
  /** Replaces the bot's own opinion of its health. */
  readonly health?: HealthFunction;
  /** Called at each activation. */
  readonly onActive?: () => void;
}

const tickMs = (env: Environment): number => Number(env.TICK_MS ?? 200);
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
/** So many failed ticks in a row, and the bot calls itself unhealthy. */
const failuresToUnhealthy = 3;

/** The bot: asks the market, learns, decides, trades, and only while it holds the baton. */
export async function startBot({ env, health, onActive }: BotOptions): Promise<Workload> {
  const symbol = env.SYMBOL ?? 'BTC-PERP';
  const dryRun = env.SYSTEM__DRY_RUN === 'true';
  const log = (line: string): void => console.log(line);
  const adapter = peer('bluefin-service', env.BLUEFIN_URL ?? 'http://127.0.0.1:8080', env);
  const venueUrl = env.ORDER_PATH === 'relay' ? adapter : (env.VENUE_URL ?? 'http://127.0.0.1:9400');
  const venue = new VenueClient({
    baseUrl: venueUrl,
    account: env.ACCOUNT ?? 'bluefin-main',
    apiKey: env.BLUEFIN_KEY ?? '',
    timeoutMs: Number(env.VENUE_TIMEOUT_MS ?? 1_000),
  });
  const memory = new Memory(peer('mcp-memory', env.MEMORY_URL ?? 'http://127.0.0.1:8765', env));
  const desk = new OrderDesk({
    venue,
    workload: () => workload,
    symbol,
    maxInFlightMs: Number(env.MAX_IN_FLIGHT_MS ?? 1_000),
    now: () => performance.now(),
    log,
  });
  let learned: Learned = nothingLearned;
  let failures = 0;
  let trouble = '';

  async function tick(): Promise<void> {
    const answer = await fetch(`${adapter}/markets/${symbol}`, { signal: AbortSignal.timeout(1_000) });
    if (!answer.ok) throw new Error(`no market data: bluefin-service answered ${answer.status}`);
    const market = (await answer.json()) as Market;
    learned = learn(learned, market);
    if (desk.inDoubt) return;
    for (const intent of decideOrders(learned, market, desk.ledger.position(symbol), desk.ledger.working.length)) {
      if (!workload.mayAct()) return;
      if (dryRun) {
        log(`dry run: would ${intent.side} ${intent.quantity} (${intent.reason})`);
        continue;
      }
      if (!(await desk.trade(intent))) continue;
      learned = { ...learned, trades: learned.trades + 1 };
      const { side, reason } = intent;
      memory.remember({ at: Date.now(), release: workload.identity.release, token: workload.token, side, reason });
    }
  }

  /** Ticks until the activation ends. A tick that fails is logged and counted, and the next one is tried. */
  async function run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await tick();
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        trouble = messageOf(error);
        console.error(`ERROR tick failed: ${trouble}`);
      }
      await pause(tickMs(env), signal);
    }
  }

  const workload = createWorkload({
    env,
    log,
    health: health ?? (() => failures < failuresToUnhealthy || `${failures} ticks in a row failed: ${trouble}`),
    checks: {
      strategy: () => ({ ok: failures === 0, message: failures === 0 ? strategyName : trouble }),
      orders: () => ({ ok: !desk.inDoubt, message: desk.inDoubt ? 'an order is in doubt' : 'all answered' }),
    },
    onActivate: async ({ token, checkpoint, stale, signal }) => {
      if (checkpoint) learned = readLearned(checkpoint.state);
      failures = 0;
      const adopted = await desk.adopt(token);
      const from = checkpoint ? `${learned.trades} trades learned${stale ? ', stale' : ''}` : 'nothing learned';
      log(`active under token ${token}: ${from}; adopted ${adopted.orders} orders, ${adopted.positions} positions`);
      if (!signal.aborted) void run(signal);
      onActive?.();
      return adopted;
    },
    onQuiesce: () => log('quiesced'),
    onSettle: (settlement) => settle(desk, settlement),
    exposure: () => desk.exposure(),
    onCheckpoint: () => ({ ...learned, fast: learned.fast ?? null, slow: learned.slow ?? null }),
    checkpointFormat: 'ai-trading-bot/1',
    metrics: () =>
      metricLine('bot_trades_total', learned.trades) +
      metricLine('bot_ticks_total', learned.ticks) +
      metricLine('bot_memories_dropped_total', memory.dropped),
    onStop: () => venue.close(),
  });
  await venue.warm().catch((error: unknown) => log(`the venue does not answer yet: ${messageOf(error)}`));
  const { port } = await workload.listen();
  log(`bot release ${workload.identity.release} (${strategyName}) listens on ${port}, ${workload.phase}`);
  return workload;
}

/** Learned state of any earlier release; what is missing starts anew. */
function readLearned(state: Json): Learned {
  const fields = (typeof state === 'object' && state !== null ? state : {}) as Partial<Record<keyof Learned, unknown>>;
  const number = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);
  return {
    fast: number(fields.fast),
    slow: number(fields.slow),
    ticks: number(fields.ticks) ?? 0,
    trades: number(fields.trades) ?? 0,
  };
}

/** Ends early when `signal` aborts. */
function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener('abort', done, { once: true });
  });
}
