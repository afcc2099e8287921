import { createWorkload, type Environment, type HealthFunction, metricLine, peer, type Workload } from '@baton/sdk';
import { Memory } from './memory.ts';
import { OrderDesk } from './order-desk.ts';
import { settle } from './settle.ts';
import { strategyName } from './strategy.ts';
import { Trader } from './trader.ts';
import { VenueClient } from './venue-client.ts';

export interface BotOptions {
  readonly env: Environment;
  /** Replaces the bot's own opinion of its health. */
  readonly health?: HealthFunction;
  /** Called at each activation. */
  readonly onActive?: () => void;
}

/** An error goes to standard error, everything else to standard output. */
const log = (line: string): void => (line.startsWith('ERROR') ? console.error(line) : console.log(line));

/** The bot: parts put together, and what it does at each step of the lifecycle. */
export async function startBot({ env, health, onActive }: BotOptions): Promise<Workload> {
  const { venue, desk, memory, trader } = assemble(env, () => workload);
  const workload = createWorkload({
    env,
    log,
    health: health ?? (() => trader.health),
    checks: {
      strategy: () => ({ ok: trader.trouble === '', message: trader.trouble || strategyName }),
      orders: () => ({ ok: !desk.inDoubt, message: desk.inDoubt ? 'an order is in doubt' : 'all answered' }),
    },
    onActivate: async ({ token, checkpoint, stale, signal }) => {
      if (checkpoint) trader.restore(checkpoint.state);
      const adopted = await desk.adopt(token);
      const from = checkpoint ? `${trader.learned.trades} trades learned${stale ? ', stale' : ''}` : 'nothing learned';
      log(`active under token ${token}: ${from}; adopted ${adopted.orders} orders, ${adopted.positions} positions`);
      void trader.run(signal);
      onActive?.();
      return adopted;
    },
    onQuiesce: () => log('quiesced'),
    onSettle: (settlement) => settle(desk, settlement),
    exposure: () => desk.exposure(),
    onCheckpoint: () => trader.save(),
    checkpointFormat: 'ai-trading-bot/1',
    metrics: () =>
      metricLine('bot_trades_total', trader.learned.trades) +
      metricLine('bot_ticks_total', trader.learned.ticks) +
      metricLine('bot_memories_dropped_total', memory.dropped),
    onStop: () => venue.close(),
  });
  const seen = await desk.rehearse();
  if (!seen.openOrders.known) log(`the venue does not answer yet: ${seen.openOrders.reason}`);
  const { port } = await workload.listen();
  log(`bot release ${workload.identity.release} (${strategyName}) listens on ${port}, ${workload.phase}`);
  return workload;
}

/** The parts, as the environment describes them. The workload is made after them and asked for when it is needed. */
function assemble(env: Environment, workload: () => Workload) {
  const symbol = env.SYMBOL ?? 'BTC-PERP';
  const marketUrl = peer('bluefin-service', env.BLUEFIN_URL ?? 'http://127.0.0.1:8080', env);
  const venue = new VenueClient({
    baseUrl: env.ORDER_PATH === 'relay' ? marketUrl : (env.VENUE_URL ?? 'http://127.0.0.1:9400'),
    account: env.ACCOUNT ?? 'bluefin-main',
    apiKey: env.BLUEFIN_KEY ?? '',
    timeoutMs: Number(env.VENUE_TIMEOUT_MS ?? 1_000),
  });
  const maxInFlightMs = Number(env.MAX_IN_FLIGHT_MS ?? 1_000);
  const desk = new OrderDesk({ venue, workload, symbol, maxInFlightMs, now: () => performance.now(), log });
  const memory = new Memory(peer('mcp-memory', env.MEMORY_URL ?? 'http://127.0.0.1:8765', env));
  const trader = new Trader({
    desk,
    symbol,
    marketUrl,
    tickMs: Number(env.TICK_MS ?? 200),
    dryRun: env.SYSTEM__DRY_RUN === 'true',
    mayAct: () => workload().mayAct(),
    onTrade: ({ side, reason }) => {
      const { identity, token } = workload();
      memory.remember({ at: Date.now(), release: identity.release, token, side, reason });
    },
    log,
  });
  return { venue, desk, memory, trader };
}
