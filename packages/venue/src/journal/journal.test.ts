import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ask, readJournal, testFolder, testVenue } from '../testing/test-venue.ts';
import { analyse, analyseFile } from '../witness/index.ts';
import type { JournalEntry } from './entry.ts';
import { Journal } from './journal.ts';

const main = join(import.meta.dirname, '..', 'main.ts');
const far = { symbol: 'BTC-PERP', side: 'buy', type: 'limit', price: 100, quantity: 1 };

/** The program's first line, once it listens; killed when the test ends. */
async function started(child: ChildProcess): Promise<{ url: string }> {
  onTestFinished(() => void child.kill('SIGKILL'));
  if (child.stdout === null) throw new Error('the program has no output to read');
  const lines = createInterface(child.stdout);
  return JSON.parse(await new Promise<string>((resolve) => lines.once('line', resolve))) as { url: string };
}

const fence = (token: number) => ({ kind: 'fence', account: 'a', token }) as const;

describe('the journal', () => {
  test('keeps the order of what was appended, in whole lines, and reads on from any entry', async () => {
    const journal = await Journal.open(join(testFolder(), 'j'), () => undefined);
    for (let token = 1; token <= 3000; token += 1) journal.append(fence(token), token);
    expect((await journal.read(0, 5000)).map(({ seq }) => seq)).toEqual(
      Array.from({ length: 3000 }, (_, index) => index + 1),
    );
    expect((await journal.read(1500, 2)).map(({ seq, at }) => [seq, at])).toEqual([
      [1501, 1501],
      [1502, 1502],
    ]);
    expect(await journal.read(3000, 10)).toEqual([]);
    await journal.close();
  });

  test('is carried on, without the line that a crash cut off', async () => {
    const path = join(testFolder(), 'j');
    const first = await Journal.open(path, () => undefined);
    first.append(fence(1), 10);
    first.append(fence(2), 20);
    await first.close();
    const whole = statSync(path).size;
    appendFileSync(path, '{"seq":3,"at":30,"kind":"fe');
    const seen: JournalEntry[] = [];
    const second = await Journal.open(path, (entry) => seen.push(entry));
    expect(seen.map(({ seq }) => seq)).toEqual([1, 2]);
    expect(statSync(path).size).toBe(whole);
    second.append(fence(3), 25);
    await second.close();
    expect(readJournal(path).map(({ seq, at }) => [seq, at])).toEqual([
      [1, 10],
      [2, 20],
      [3, 25],
    ]);
  });

  test('never goes back in time, though the clock of a new boot begins at zero', async () => {
    const path = join(testFolder(), 'j');
    const first = await Journal.open(path, () => undefined);
    first.append(fence(1), 1_000_000);
    await first.close();
    const second = await Journal.open(path, () => undefined);
    second.append(fence(2), 50);
    second.append(fence(3), 80);
    await second.close();
    expect(readJournal(path).map(({ at }) => at)).toEqual([1_000_000, 1_000_000, 1_000_030]);
  });

  test('does not let one late entry move the times of those behind it', async () => {
    const path = join(testFolder(), 'j');
    const journal = await Journal.open(path, () => undefined);
    for (const at of [10, 20, 18, 30]) journal.append(fence(at), at);
    await journal.close();
    expect(readJournal(path).map(({ at }) => at)).toEqual([10, 20, 20, 30]);
  });

  test('that was cut in the middle is refused, and not carried on', async () => {
    const path = join(testFolder(), 'j');
    writeFileSync(
      path,
      `${JSON.stringify({ seq: 1, at: 1, ...fence(1) })}\n${JSON.stringify({ seq: 3, at: 3, ...fence(3) })}\n`,
    );
    await expect(Journal.open(path, () => undefined)).rejects.toMatchObject({ code: 'venue-journal-unusable' });
  });
});

describe('a venue that is started again on its journal', () => {
  test('has its accounts, positions, open orders, client ids and floor as before', async () => {
    const first = await testVenue({ mode: 'fencing' });
    const origin = { instance: 'A', token: 4, release: 1 };
    await first.order({ clientId: 'rests', quantity: 3, origin });
    await first.order({ clientId: 'filled', type: 'market', quantity: 2, origin });
    const { body } = await first.order({ clientId: 'cancelled', origin });
    await first.call('DELETE', `/v1/accounts/a/orders/${body.orderId}`);
    await first.fault({ kind: 'partial-fill', count: 1 });
    await first.order({ clientId: 'half', quantity: 4, origin });
    const views = ['orders', 'positions', 'fills', 'balance'].map((view) => `/v1/accounts/a/${view}`);
    const before = await Promise.all(views.map(async (view) => (await first.call('GET', view)).body));
    const witnessed = (await first.witness()).accounts.a;
    await first.close();

    const second = await testVenue({ mode: 'fencing', journal: first.journalFile });
    expect(await Promise.all(views.map(async (view) => (await second.call('GET', view)).body))).toEqual(before);
    expect((await second.witness()).accounts.a).toEqual(witnessed);
    expect((await second.order({ clientId: 'filled', type: 'market', quantity: 2, origin })).status).toBe(200);
    expect((await second.order({ origin: { ...origin, token: 3 } })).body.error).toBe('stale-token');
    expect((await second.order({ clientId: 'new', origin })).body.orderId).toBe('o-5');
    expect((await second.call('DELETE', '/v1/accounts/a/orders')).body.cancelled).toHaveLength(3);
  });
});

describe('the program', () => {
  test('killed with SIGKILL keeps every entry that was flushed, and the analysis of its file is the one it gave', async () => {
    const journalFile = join(testFolder(), 'j');
    const child = spawn(process.execPath, [main, '--journal', journalFile, '--open', '--seed', '3'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const { url } = await started(child);
    const place = (clientId: string, instance: string, token: number) =>
      ask(url, 'POST', '/v1/accounts/a/orders', {
        clientId,
        symbol: 'BTC-PERP',
        side: 'buy',
        type: 'market',
        quantity: 1,
        origin: { instance, token, release: token },
      });
    for (let index = 0; index < 100; index += 1) await place(`one-${index}`, 'A', 1);
    await place('two', 'B', 2);
    await place('late', 'A', 1);
    const flushed = Number((await ask(url, 'POST', '/admin/flush')).body.seq);
    const online = (await ask(url, 'GET', '/v1/witness')).body;
    const died = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await died;

    const entries = readFileSync(journalFile, 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((text) => JSON.parse(text) as JournalEntry);
    expect(entries.length).toBeGreaterThanOrEqual(flushed);
    const upTo = entries.filter(({ seq }) => seq <= Number(online.seq));
    expect(analyse(upTo)).toEqual(online);
    expect(analyseFile(journalFile).accounts.a).toMatchObject({
      orders: 102,
      accepted: 102,
      overlaps: 1,
      staleTokens: 1,
    });
  });

  test('whose disk is full takes no more orders, and keeps whole lines', async () => {
    const journalFile = join(testFolder(), 'j');
    // The limit on a file's size fails a write as a full disk does, in its middle.
    const command = `ulimit -f 16; exec "${process.execPath}" "${main}" --journal "${journalFile}" --open --step-ms 0`;
    const { url } = await started(spawn('sh', ['-c', command], { stdio: ['ignore', 'pipe', 'inherit'] }));
    const place = (clientId: number) => ask(url, 'POST', '/v1/accounts/a/orders', { ...far, clientId: `${clientId}` });
    let taken = 0;
    let answer = await place(taken);
    for (; answer.status === 201 && taken < 1000; answer = await place(taken)) {
      taken += 1;
      if (taken % 20 === 0) await ask(url, 'POST', '/admin/flush');
    }
    expect([answer.status, answer.body.error]).toEqual([503, 'journal-unwritable']);
    expect(taken).toBeGreaterThan(20);
    expect(analyseFile(journalFile).accounts.a?.accepted).toBeGreaterThan(20);
    expect((await ask(url, 'GET', '/v1/witness')).status).toBe(500);
  });

  test('ended with SIGTERM writes everything out and ends with 0', async () => {
    const journalFile = join(testFolder(), 'j');
    const child = spawn(process.execPath, [main, '--journal', journalFile, '--open'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const { url } = await started(child);
    await ask(url, 'POST', '/v1/accounts/a/fence', { token: 4 });
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    expect(await exited).toBe(0);
    expect(readJournal(journalFile).at(-1)).toMatchObject({ kind: 'fence', token: 4 });
  });

  test('says in one line what is wrong with its arguments', async () => {
    const child = spawn(process.execPath, [main, '--mode', 'wrong', '--journal', 'x'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const line = await new Promise<string>((resolve) => createInterface(child.stderr).once('line', resolve));
    expect(line).toBe('venue: --mode must be witness or fencing.');
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(2);
  });
});
