import { expect, test } from 'vitest';
import { AppFolder } from '../testing/app-folder.ts';
import { guessRole } from './guess-role.ts';
import { initFromCompose } from './init-from-compose.ts';

const COMPOSE = `services:
  ai-trading-bot: { build: ., command: node bot.ts }
  bluefin-service: { build: ., command: node bluefin.ts, ports: ["8080:8080"] }
  mcp-memory: { build: ., command: node memory.ts, ports: ["8765:8765"] }
  dashboard: { build: ., command: node dashboard.ts, ports: ["8000:8000"] }
  report-worker: { build: ., command: node worker.ts }
`;

test('leaves open what could cost money, each refused with its line', () => {
  using folder = new AppFolder({ 'baton.yaml': initFromCompose(COMPOSE, 'AI Trading Bot'), 'compose.yaml': COMPOSE });
  const lines = folder.refusal().message.split('\n');
  expect(lines.map((line) => line.replace(/^baton.yaml:\d+:/, ''))).toEqual([
    '5: expected the name of a broker account, found nothing',
    '5: "settle" is empty; choose flatten, transfer or keep',
    '5: "reconcile" is empty; choose venue or none',
  ]);
});

test('is an app once a person has decided', () => {
  const text = initFromCompose(COMPOSE, 'AI Trading Bot')
    .replace('account:      #', 'account: main #')
    .replace('settle:       #', 'settle: flatten #')
    .replace('reconcile:    #', 'reconcile: none #');
  using folder = new AppFolder({ 'baton.yaml': text, 'compose.yaml': COMPOSE });
  const app = folder.load();
  expect(app.name).toBe('ai-trading-bot');
  expect(app.environment.target).toBe('process');
  expect(Object.fromEntries(app.services.map((service) => [service.name, service.role]))).toEqual({
    'ai-trading-bot': 'singleton',
    'bluefin-service': 'replicated',
    'mcp-memory': 'accessory',
    dashboard: 'replicated',
    'report-worker': 'singleton',
  });
  expect(app.services.find((service) => service.name === 'dashboard')?.routes).toEqual([{ path: '/' }]);
});

test('chooses docker where a service has only an image', () => {
  expect(initFromCompose('services: { db: { image: postgres } }', 'x')).toContain('local: { target: docker }');
});

test('writes a start without a compose file', () => {
  expect(initFromCompose(undefined, 'shop')).toMatch(/^app: shop$/m);
});

test('refuses a compose file without services, or that is no YAML', () => {
  expect(() => initFromCompose('services: {}', 'x')).toThrow('compose.yaml:1:1: there are no services in this file');
  expect(() => initFromCompose('services: {', 'x')).toThrow(/^compose.yaml:1:12: /);
});

test.each([
  ['ai-trading-bot', undefined, 'trader'],
  ['trading', undefined, 'trader'],
  ['strategy', 'freqtradeorg/freqtrade:stable', 'trader'],
  ['mcp-memory', undefined, 'accessory'],
  ['store', 'timescale/timescaledb:latest-pg16', 'accessory'],
  ['redis1', undefined, 'accessory'],
  ['data-ingestion', undefined, 'alone'],
  ['celery-beat', undefined, 'alone'],
  ['dashboard', 'nginx', 'replicated'],
  ['robots-page', undefined, 'replicated'],
])('guesses of %s (%s) that it is %s', (name, image, guess) => {
  expect(guessRole(name, image)).toBe(guess);
});
