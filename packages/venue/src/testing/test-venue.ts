import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type JournalEntry, type RunningVenue, startVenue, type VenueOptions } from '../index.ts';

/** What tests look into: the fields of an object, or of the elements of a list. */
interface Body {
  readonly [field: string]: string & number & Body;
}

/** An answer of the venue. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

export interface TestVenue extends RunningVenue {
  readonly journalFile: string;
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** Places an order on account `a`: a limit order far below the market unless told otherwise. */
  order(fields?: Record<string, unknown>): Promise<Answer>;
  fault(fault: Record<string, unknown>): Promise<void>;
  journal(): Promise<JournalEntry[]>;
}

/** A folder of its own, gone when the test ends. */
export function testFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'venue-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A venue with the account `a`, whose prices move only when told to; closed when the test ends. */
export async function testVenue(options: Partial<VenueOptions> = {}): Promise<TestVenue> {
  const journalFile = options.journal ?? join(testFolder(), 'journal.jsonl');
  const venue = await startVenue({ stepMs: 0, ...options, journal: journalFile });
  let closed = false;
  const close = async (): Promise<void> => {
    if (closed) return;
    closed = true;
    await venue.close();
  };
  onTestFinished(close);
  let nextClientId = 1;
  const call = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    ask(venue.url, method, path, body, headers);
  const order = (fields: Record<string, unknown> = {}): Promise<Answer> => {
    const clientId = `c-${nextClientId}`;
    nextClientId += 1;
    const far = { clientId, symbol: 'BTC-PERP', side: 'buy', type: 'limit', price: 100, quantity: 1 };
    return call('POST', '/v1/accounts/a/orders', { ...far, ...fields });
  };
  await call('POST', '/v1/accounts', { account: 'a' });
  return {
    ...venue,
    close,
    journalFile,
    call,
    order,
    fault: async (fault) => {
      const { status, body } = await call('POST', '/admin/faults', fault);
      if (status !== 201) throw new Error(`the fault was not set: ${JSON.stringify(body)}`);
    },
    journal: async () => {
      await call('POST', '/admin/flush');
      return readJournal(journalFile);
    },
  };
}

export const readJournal = (file: string): JournalEntry[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as JournalEntry);

export async function ask(
  url: string,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const content: RequestInit = body === undefined ? {} : { body: JSON.stringify(body) };
  const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
  const response = await fetch(url + path, { method, ...content, headers: { ...type, ...headers } });
  const text = await response.text();
  const json = response.headers.get('content-type')?.startsWith('application/json') === true;
  return {
    status: response.status,
    headers: response.headers,
    body: json ? JSON.parse(text) : (text as unknown as Body),
  };
}
