import { setTimeout as sleep } from 'node:timers/promises';
import type { AccountReport, Handover, WitnessReport } from '@baton/venue';

const ACCOUNT = 'bluefin-main';
const POLL_MS = 20;
const TIMEOUT_MS = 5_000;

/** The exchange's own account of who traded, from its journal. */
export class Witness {
  readonly #url: string;

  constructor(venueUrl: string) {
    this.#url = `${venueUrl}/v1/witness?account=${ACCOUNT}`;
  }

  async look(): Promise<AccountReport> {
    const answer = await fetch(this.#url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!answer.ok) throw new Error(`The exchange's witness answered ${answer.status}.`);
    const report = ((await answer.json()) as WitnessReport).accounts[ACCOUNT];
    if (report === undefined) throw new Error(`The exchange knows no account ${ACCOUNT}.`);
    return report;
  }

  /**
   * Resolves once `release` trades: an order of it was accepted under the highest token.
   * @returns false where that does not happen within the bound
   */
  async trading(release: number, boundMs: number, interrupted: AbortSignal): Promise<boolean> {
    const untilMs = performance.now() + boundMs;
    for (;;) {
      interrupted.throwIfAborted();
      const report = await this.look().catch(() => undefined);
      const holder = report?.holders.find((one) => one.token === report.token && one.firstAcceptedAt !== null);
      if (holder?.release === release) return true;
      if (performance.now() > untilMs) return false;
      await sleep(POLL_MS);
    }
  }
}

/** From the last order of one holder to the first of the next, for holders after `token`. */
export const handoversAfter = (report: AccountReport, token: number): readonly Handover[] =>
  report.handovers.filter(({ toToken }) => toToken > token);
