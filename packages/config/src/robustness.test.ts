import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BatonError } from '@baton/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AppFolder } from './testing/app-folder.ts';

const BATON = `app: shop
environments:
  local: { target: process, listen: ["127.0.0.1:8080"], windows: ["mon-fri 09:00-17:00"] }
services:
  bot: { role: singleton, account: a, settle: keep, reconcile: none, release: { files: [x] }, smoke: [{ name: up, command: "true" }] }
  web: { route: ["/", { host: a.example, path: /x }], count: { local: 2 }, health: { http: /health, reach: ["bot:9000"] } }
flags: { dry: { env: DRY, default: true } }
`;

const COMPOSE = `x-base: &base { build: { context: ., args: [A=1] }, environment: { A: "\${B:-c}" } }
services:
  bot: { <<: *base, command: node bot.js, expose: [9000], volumes: ["./a:/a"] }
  web: { <<: *base, command: [node, web.js], ports: ["8000:80"], depends_on: { bot: { condition: service_healthy } }, healthcheck: { test: [CMD, x], interval: 5s } }
`;

/** Text with a piece cut out and something that is likely to hurt put there. */
const damage = (text: string): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.nat(text.length),
      fc.nat(12),
      fc.constantFrom(
        '',
        ' ',
        '\n',
        ':',
        '{',
        '}',
        '[',
        ']',
        '"',
        '&a',
        '*a',
        '<<: ',
        '- ',
        'null',
        '0',
        '-1',
        '{}',
        '[]',
        '$',
        '${',
        'é',
        '\t',
        '!x ',
        '..',
      ),
    )
    .map(([at, length, put]) => text.slice(0, at) + put + text.slice(at + length));

test('files that are damaged anywhere are loaded or refused in words, never with a crash', () => {
  using folder = new AppFolder({ x: '' });
  const pair = fc.oneof(
    damage(BATON).map((baton) => ({ baton, compose: COMPOSE })),
    damage(COMPOSE).map((compose) => ({ baton: BATON, compose })),
  );
  fc.assert(
    fc.property(pair, ({ baton, compose }) => {
      writeFileSync(join(folder.path, 'baton.yaml'), baton);
      writeFileSync(join(folder.path, 'compose.yaml'), compose);
      try {
        return folder.load('local').services.length > 0;
      } catch (error) {
        if (!(error instanceof BatonError)) throw error;
        expect(error.fault).toBe('user');
        return error.message !== '' && error.hint !== '';
      }
    }),
    { numRuns: 200 },
  );
  rmSync(join(folder.path, 'x'));
});
