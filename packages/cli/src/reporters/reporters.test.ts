import type { StreamLine } from '@baton/api';
import { BatonError } from '@baton/core/errors';
import { expect, test } from 'vitest';
import { type FakeContext, fakeContext } from '../testing/fake-context.ts';
import * as fixtures from '../testing/fixtures.ts';
import { failureOf } from './failure.ts';
import { failureText } from './failure-text.ts';
import { reporterFor } from './index.ts';
import { styleFor } from './style.ts';
import { widthOf } from './width.ts';

/** Far from the fixtures' day, so that no line's date depends on where the test runs. */
const LATER = fixtures.AT + 40 * 86_400_000;

const tell = (context: FakeContext, lines: readonly StreamLine[], json = false): string => {
  const reporter = reporterFor(context, json, 'local');
  for (const line of lines) reporter.line(line);
  reporter.close();
  return context.stdout.text();
};

/** Without the time at the start of each line, which is local. */
const untimed = (text: string): string => text.replaceAll(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d /gm, '');

const piped = (env: Record<string, string> = {}): FakeContext => fakeContext({ cwd: '/', env, now: LATER });

test('a deployment that goes well reads like a story', () => {
  expect(untimed(tell(piped(), fixtures.committedLines))).toMatchInlineSnapshot(`
    "Deploying release 7 to shop/local, for alice@desk
      bot: release 6 in blue -> release 7 in green
      web: new, release 7 in blue
      unchanged, and not touched: memory
    · gate: every new instance must be healthy and report the expected release
    · bot: release 7 started in green (instance b2b2b2b2)
    ✓ gate passed
    · handover: bot settled with 0 open orders, 0 positions, 0 requests in flight
    · handover: baton of bot taken back (token 12); nobody may act
    · handover: baton of bot granted to release 7 in green (token 13); the last holder is dead (cgroup-empty); venue read twice: 0 open orders, 0 positions
    ✓ handover: bot acts; nobody did for 3.2 ms
    ✓ switch: traffic goes to release 7; the longest request was held 12 ms
    · bake: watched until it was healthy for 20 s; a violation hands everything back
    · bake: healthy for 10 s of 20 s
    ✓ bake passed
    · bot: blue drained and stopped
    ✓ release 7 is live in 21.3 s
      bot handed over in 3.2 ms; requests held at most 12 ms
      baton status local
    "
  `);
});

test('a failure has the layer and the evidence first, then what was done, what is live, and what to do', () => {
  const text = untimed(tell(piped(), fixtures.rolledBackLines));
  expect(text.slice(text.indexOf('✗ bake failed'))).toMatchInlineSnapshot(`
    "✗ bake failed: going back
    ✗ bot: logs: 41 errors in the last minute, 5 are allowed
    · handover: baton of bot taken back (token 14); nobody may act
    · handover: baton of bot granted to release 6 in blue (token 15); the last holder is dead (cgroup-empty); venue read twice: 0 open orders, 0 positions
    ✓ handover: bot acts; nobody did for 21 ms
    ✓ switch: traffic is back where it was; the longest request was held 25 ms
    · bot: green drained and stopped, 2 streams cut
    ✗ release 7 was rolled back
      layer     logs (errors a minute)
      service   bot, instance b2b2b2b2
      evidence  41 errors in the last minute, 5 are allowed
      done      the baton of bot went to release 7 in green (token 13)
                traffic was switched to release 7
                the baton of bot went to release 6 in blue (token 15)
                traffic went back to where it was
                bot in green was drained and stopped
      live      bot release 6 in blue, memory release 3 in blue
      next      baton logs local --service bot --slot green --since 10m
                mend it, then: baton deploy local
    "
  `);
});

test('a question has every permitted answer with its command', () => {
  const text = untimed(tell(piped(), fixtures.askedLines));
  expect(text.slice(text.indexOf('✗'))).toMatchInlineSnapshot(`
    "✗ a person must decide; nothing is done until then
      question  The holder of bot cannot be proven dead: its host does not answer.
      answer    retry: ask the host again
                baton resolve local retry
      answer    stay-down: leave nobody trading and end this deployment
                baton resolve local stay-down
    "
  `);
});

test('what could not be read is said as unknown, never as zero', () => {
  const unknown = { known: false, reason: 'the venue did not answer' };
  const exposure = { openOrders: unknown, positions: { known: true, value: 2 }, inFlight: { known: true, value: 0 } };
  const line = fixtures.journal(5, 'holder.settled', { service: 'bot', instance: 'a1', exposure });
  expect(untimed(tell(piped(), [line]))).toBe(
    '! handover: bot settled with open orders unknown (the venue did not answer), 2 positions, 0 requests in flight\n',
  );
});

test('a second driver is told of, the first is not', () => {
  const took = fixtures.journal(1, 'driver.took-over', { epoch: 4, owner: 'daemon' });
  expect(tell(piped(), [took])).toBe('');
  expect(tell(piped(), [took, took])).toContain('the daemon was started anew');
});

test('an event that this version does not know is no reason to stop', () => {
  const strange = fixtures.journal(1, 'moon.rose', { phase: 'full' });
  expect(tell(piped(), [strange])).toBe('');
});

test('GitHub gets annotations for the violations and for the end', () => {
  const lines = tell(piped({ GITHUB_ACTIONS: 'true' }), fixtures.rolledBackLines).split('\n');
  expect(lines.filter((line) => line.startsWith('::'))).toEqual([
    '::error title=bake failed::bot: logs: 41 errors in the last minute, 5 are allowed',
    '::error title=local%3A rolled-back::release 7 was rolled back: bot: logs: 41 errors in the last minute',
  ]);
});

test('a place that the message names already is not said twice', () => {
  const place = { file: '/app/baton.yaml', line: 4, column: 3 };
  const hint = { hint: 'Mend it.', fault: 'user', place } as const;
  const told = new BatonError('config-invalid', '/app/baton.yaml:4:3: unknown key', hint);
  const bare = new BatonError('config-missing', 'nothing is declared', hint);
  const text = (error: BatonError) => failureText(failureOf(error, '/app'), styleFor(false), false).split('\n')[0];
  expect([told, bare].map(text)).toEqual([
    'error: /app/baton.yaml:4:3: unknown key',
    'error: baton.yaml:4:3: nothing is declared',
  ]);
});

test('GitHub gets a failure of the configuration at its place', () => {
  const context = piped({ GITHUB_ACTIONS: 'true' });
  const place = { file: '/app/baton.yaml', line: 4, column: 3 };
  const error = new BatonError('config-invalid', 'unknown key\n50% wrong', { hint: 'Mend it.', fault: 'user', place });
  reporterFor(context, false, 'local').failed(failureOf(error, '/'));
  expect(context.stdout.text()).toBe(
    '::error file=app/baton.yaml,line=4,col=3,title=Baton::unknown key%0A50%25 wrong%0AMend it.\n',
  );
});

test.each([20, 40, 80, 200])(
  'no line is wider than a terminal of %i columns, but for a word that must stay whole',
  (columns) => {
    const context = fakeContext({ cwd: '/', isTerminal: true, columns, now: LATER, env: { NO_COLOR: '1' } });
    const text = tell(context, [...fixtures.askedLines, ...fixtures.rolledBackLines.slice(1)]);
    for (const line of text.split(/\n|\r/)) {
      const longest = Math.max(...line.trim().split(' ').map(widthOf));
      expect(widthOf(line), line).toBeLessThanOrEqual(Math.max(columns, longest + 12));
    }
  },
);

test('a terminal has colours, and none where NO_COLOR asks for none', () => {
  const coloured = fakeContext({ cwd: '/', isTerminal: true, now: LATER, env: { TERM: 'xterm' } });
  expect(tell(coloured, fixtures.committedLines)).toContain('\u001b[32m');
  const plain = fakeContext({ cwd: '/', isTerminal: true, now: LATER, env: { TERM: 'xterm', NO_COLOR: '1' } });
  expect(tell(plain, fixtures.committedLines)).not.toContain('\u001b[32m');
});

test('what is being done now is drawn over, and gone at the end', () => {
  const context = fakeContext({ cwd: '/', isTerminal: true, columns: 60, now: LATER, env: { NO_COLOR: '1' } });
  const reporter = reporterFor(context, false, 'local');
  reporter.accepted({ scope: 'shop/local', generation: 12, release: 7, kind: 'deploy', unchanged: false });
  reporter.line(fixtures.journal(0, 'goal.opened', { goal: fixtures.goal }));
  reporter.line(fixtures.progress(5, 'wait', 'baking: healthy for 10000 of 20000 ms'));
  expect(context.stdout.text()).toContain('━━━━━━━━━━╌╌╌╌╌╌╌╌╌╌ baking: healthy');
  reporter.close();
  expect(context.stdout.text().endsWith('\r\u001b[2K\u001b[?25h')).toBe(true);
});

test('an error has no stack but with BATON_DEBUG', () => {
  const failure = failureOf(new Error('socket hang up'), '/');
  const quiet = piped();
  reporterFor(quiet, false, '').failed(failure);
  expect(quiet.stderr.text()).toMatch(/^error: socket hang up\nhint: This is a fault of Baton\..*\n$/);
  const loud = piped({ BATON_DEBUG: '1' });
  reporterFor(loud, false, '').failed(failure);
  expect(loud.stderr.text()).toMatch(/\n {4}at /);
});
