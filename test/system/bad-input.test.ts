import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Command, type CommandResult } from './support/command-line.ts';
import { DaemonProcess } from './support/daemon-process.ts';
import { freePorts } from './support/free-port.ts';
import { killAllOf } from './support/processes.ts';
import { System } from './support/system.ts';

const COMPOSE = `services:
  web:
    build: ./web
    command: node main.js
    expose: ["8000"]
`;
const BATON = `app: shop
compose: compose.yaml
environments:
  local: { target: process }
services:
  web: { health: { http: 8000/health } }
`;

/** One clear sentence with a place to look, and never a stack. */
const mustBeClear = (result: CommandResult, code: number, says: RegExp): void => {
  expect(result.code, result.stdout + result.stderr).toBe(code);
  expect(result.stderr).toMatch(says);
  expect(result.stderr).toMatch(/^(error: |.*:\d+:\d+: )/m);
  expect(result.stderr).not.toMatch(/\n\s+at .*\(.*:\d+:\d+\)/);
};

describe('wrong input is one clear line, and nothing is half-applied:', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'baton-system-'));
    mkdirSync(join(dir, 'web'));
    writeFileSync(join(dir, 'web/main.js'), 'setInterval(() => {}, 1000);\n');
  });
  afterEach(async () => {
    await killAllOf(dir);
    rmSync(dir, { recursive: true, force: true });
  });

  const deploy = async (compose: string, baton: string): Promise<CommandResult> => {
    writeFileSync(join(dir, 'compose.yaml'), compose);
    writeFileSync(join(dir, 'baton.yaml'), baton);
    return await new Command(['deploy', 'local'], dir, {}).result();
  };

  test.each([
    ['YAML that does not parse', `${COMPOSE}  broken: [`, BATON, /compose\.yaml:\d+:\d+: /],
    [
      'an unknown key, with what was probably meant',
      COMPOSE,
      BATON.replace('health:', 'helth:'),
      /baton\.yaml:6:\d+: .*helth.*health/s,
    ],
    [
      'a service that only baton.yaml has',
      COMPOSE,
      `${BATON}  worker: { role: singleton }\n`,
      /baton\.yaml:7:\d+: .*worker/,
    ],
    [
      'a variable that is not set',
      COMPOSE.replace('node main.js', 'node $' + '{PROGRAM:?which program}'),
      BATON,
      /compose\.yaml:4:\d+: .*PROGRAM/,
    ],
    [
      'services that depend on each other in a circle',
      `${COMPOSE}    depends_on: [api]\n  api: { build: ./web, command: node main.js, depends_on: [web] }\n`,
      `${BATON}  api: {}\n`,
      /compose\.yaml:\d+:\d+: .*(circle|cycl|depend)/i,
    ],
    [
      'a service with an image and no command of its own, on the process target',
      'services:\n  web: { image: nginx, expose: ["8000"] }\n',
      BATON,
      /web.*(image|command)/,
    ],
    ['a name with a space', COMPOSE, BATON.replace('app: shop', 'app: my shop'), /baton\.yaml:1:\d+: .*my shop/],
    ['a name that climbs out', COMPOSE, BATON.replace('app: shop', 'app: ../shop'), /baton\.yaml:1:\d+: /],
    ['a name that is not ASCII', COMPOSE, BATON.replace('app: shop', 'app: bücher'), /baton\.yaml:1:\d+: /],
  ])('%s', async (_what, compose, baton, says) => {
    mustBeClear(await deploy(compose, baton), 2, says);
    expect(existsSync(join(dir, '.baton')), 'no state was made').toBe(false);
  });

  test('a folder without baton.yaml', async () => {
    mustBeClear(await new Command(['deploy', 'local'], dir, {}).result(), 2, /baton\.yaml/);
  });

  test('a state directory that cannot be written', async () => {
    writeFileSync(join(dir, 'in-the-way'), 'a file');
    writeFileSync(join(dir, 'compose.yaml'), COMPOSE);
    writeFileSync(join(dir, 'baton.yaml'), BATON);
    const result = await new Command(
      ['deploy', 'local', '--state-dir', join(dir, 'in-the-way/state')],
      dir,
      {},
    ).result();
    mustBeClear(result, 1, /state directory .*in-the-way\/state/);
  });

  test('a state directory on a file system that is read-only', async () => {
    writeFileSync(join(dir, 'compose.yaml'), COMPOSE);
    writeFileSync(join(dir, 'baton.yaml'), BATON);
    const result = await new Command(['deploy', 'local', '--state-dir', '/sys/fs/baton'], dir, {}).result();
    mustBeClear(result, 1, /state directory \/sys\/fs\/baton/);
  });
});

describe('what only the machine can say is found before anything is started:', () => {
  let dir: string;
  let daemon: DaemonProcess;
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'baton-system-'));
    mkdirSync(join(dir, 'web'));
    writeFileSync(join(dir, 'web/main.js'), 'setInterval(() => {}, 1000);\n');
    daemon = await DaemonProcess.start(join(dir, 'state'));
  });
  afterAll(async () => {
    await daemon.kill();
    await killAllOf(dir);
    rmSync(dir, { recursive: true, force: true });
  });
  const deploy = async (compose: string, baton: string): Promise<CommandResult> => {
    writeFileSync(join(dir, 'compose.yaml'), compose);
    writeFileSync(join(dir, 'baton.yaml'), baton);
    return await new Command(['deploy', 'local', '--state-dir', join(dir, 'state')], dir, {}).result();
  };

  test('a command that is not there', async () => {
    const result = await deploy(COMPOSE.replace('node main.js', 'no-such-program --now'), BATON);
    mustBeClear(result, 4, /no-such-program/);
  });

  test('a port that another program has', async () => {
    const [port = 0] = await freePorts(1);
    const other = createServer().listen(port, '127.0.0.1');
    await once(other, 'listening');
    try {
      const published = COMPOSE.replace('expose: ["8000"]', `ports: ["127.0.0.1:${port}:8000"]`);
      mustBeClear(await deploy(published, BATON), 4, new RegExp(`${port}`));
    } finally {
      other.close();
    }
  });

  test('and no instance was ever started for it', () => {
    const instances = join(dir, 'state/process/instances');
    expect(existsSync(instances) ? readdirSync(instances) : []).toEqual([]);
  });
});

describe('a journal that was', () => {
  let system: System;
  beforeAll(async () => {
    system = await System.start();
    await system.trading();
  });
  afterAll(() => system[Symbol.asyncDispose]());

  /** Past every trigger and check, as somebody with the file in hand would. */
  const tamper = (sql: string): void => {
    const database = new DatabaseSync(join(system.stateDir, 'state.db'));
    try {
      const triggers = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'").all();
      for (const { name } of triggers) database.exec(`DROP TRIGGER "${String(name)}"`);
      database.exec(sql);
    } finally {
      database.close();
    }
  };

  test('left alone is found whole by audit --verify', async () => {
    const audit = await system.baton('audit', 'local', '--verify');
    expect(audit.code, audit.stdout + audit.stderr).toBe(0);
  });

  test('tampered with is found, and where', async () => {
    tamper("UPDATE journal SET payload = replace(payload, 'launch', 'lunch') WHERE seq = 3");
    const audit = await system.baton('audit', 'local', '--verify');
    expect(audit.code).toBe(1);
    expect(audit.stdout + audit.stderr).toMatch(/\b3\b/);
  });

  test('truncated is found', async () => {
    tamper("UPDATE journal SET payload = replace(payload, 'lunch', 'launch') WHERE seq = 3");
    expect((await system.baton('audit', 'local', '--verify')).code).toBe(0);
    tamper('DELETE FROM journal WHERE seq = (SELECT max(seq) FROM journal)');
    const audit = await system.baton('audit', 'local', '--verify');
    expect(audit.code, audit.stdout + audit.stderr).toBe(1);
  });
});
