import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
const bench = (...args: readonly string[]) => spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' });

describe('the bench on the command line', () => {
  it('lists its sections and their bounds', () => {
    const { status, stdout } = bench('--list');
    expect(status).toBe(0);
    expect(stdout).toContain('gateway-throughput');
    expect(stdout).toContain('relative to Caddy: >= 0.9 x');
  });

  it.each([
    [['--only', 'nope'], /No section "nope". There are: .*gateway-throughput/],
    [['--target', 'moon'], /No target "moon"/],
    [['--fast'], /--fast/],
  ])('refuses %j in words, with the usage', (args, message) => {
    const { status, stderr } = bench(...args);
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr).toContain('npm run bench --');
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});
