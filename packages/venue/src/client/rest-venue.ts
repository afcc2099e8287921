import { type Known, known, unknown, type Venue, type VenueExposure } from '@baton/core';
import { readBalance, readCancelled, readFence, readOrders, readPositions } from './answers.ts';
import { KeepAliveHttp } from './keep-alive-http.ts';

const DEFAULT_TIMEOUT_MS = 2000;
/** Readings of the exposure before a contradiction between them is reported. */
const READINGS = 2;

export interface RestVenueOptions {
  /** Base URL of the venue, which may carry a path. */
  readonly url: string;
  readonly apiKey?: string;
  /** Bound on each request. */
  readonly timeoutMs?: number;
}

/**
 * The reference exchange as Baton asks it, out of band of any bot. No method throws: what was not answered,
 * answered in part, or contradicts itself is unknown.
 */
export class RestVenue implements Venue {
  readonly #http: KeepAliveHttp;

  constructor(options: RestVenueOptions) {
    const headers: Record<string, string> = options.apiKey === undefined ? {} : { 'x-api-key': options.apiKey };
    this.#http = new KeepAliveHttp(options.url, headers, options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
  }

  /**
   * Open orders and positions. The lists are held against the counts of the balance, so that an empty answer to
   * a query that failed is not read as flat.
   */
  async exposure(account: string): Promise<Known<VenueExposure>> {
    let reading = await this.#readExposure(account);
    for (let again = 1; again < READINGS && reading === 'contradiction'; again += 1) {
      reading = await this.#readExposure(account);
    }
    if (reading !== 'contradiction') return reading;
    return unknown(`The venue contradicts itself about ${account}: its lists and its counts differ.`);
  }

  /** Cancels every open order whose client id begins so; how many it said are cancelled. */
  async cancelAll(account: string, clientIdPrefix: string): Promise<Known<number>> {
    const path = `${accountPath(account)}/orders?clientIdPrefix=${encodeURIComponent(clientIdPrefix)}`;
    const answer = await this.#http.ask({ method: 'DELETE', path });
    return answer.known ? readCancelled(answer.value) : answer;
  }

  /** Raises the account's floor. True where the venue refuses lower tokens from now on, false where it only records. */
  async fence(account: string, token: number): Promise<Known<boolean>> {
    const answer = await this.#http.ask({ method: 'POST', path: `${accountPath(account)}/fence`, body: { token } });
    return answer.known ? readFence(answer.value, token) : answer;
  }

  /** Closes the connections. */
  close(): void {
    this.#http.close();
  }

  async #readExposure(account: string): Promise<Known<VenueExposure> | 'contradiction'> {
    const path = accountPath(account);
    const [orderList, positionList, balance] = await Promise.all([
      this.#get(`${path}/orders`, readOrders),
      this.#get(`${path}/positions`, readPositions),
      this.#get(`${path}/balance`, readBalance),
    ]);
    if (!orderList.known) return orderList;
    if (!positionList.known) return positionList;
    if (!balance.known) return balance;
    const orders = orderList.value;
    const positions = positionList.value;
    const whole = orders.length === balance.value.openOrders && positions.length === balance.value.openPositions;
    return whole ? known({ orders, positions }) : 'contradiction';
  }

  async #get<T>(path: string, read: (answer: unknown) => Known<T>): Promise<Known<T>> {
    const answer = await this.#http.ask({ method: 'GET', path });
    return answer.known ? read(answer.value) : answer;
  }
}

const accountPath = (account: string): string => `v1/accounts/${encodeURIComponent(account)}`;
