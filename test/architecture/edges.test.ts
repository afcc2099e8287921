import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');

/** Which package may import which; DESIGN, "Where things live". Test files may use the testkit besides. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  core: [],
  sdk: [],
  api: ['core'],
  config: ['core'],
  'store-sqlite': ['core'],
  'target-process': ['core'],
  gateway: ['core'],
  venue: ['core'],
  // The simulator runs the daemon's own loop, and the SDK's own record in each simulated instance.
  testkit: ['core', 'daemon', 'sdk'],
  daemon: ['core', 'api'],
  cli: ['core', 'api', 'config', 'daemon', 'gateway', 'store-sqlite', 'target-process', 'venue'],
};

const sourcesOf = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name));

const IMPORT = /^(?:import|export)\b[^;'=]*?from '([^']+)'|^import '([^']+)'|\bimport\('([^']+)'\)/gm;
const importsOf = (file: string): readonly string[] =>
  [...readFileSync(file, 'utf8').matchAll(IMPORT)].map((match) => match[1] ?? match[2] ?? match[3] ?? '');

const isTest = (file: string): boolean => /\.test\.ts$|\/test(?:ing)?\/|-process\.ts$/.test(file);
const packages = readdirSync(join(ROOT, 'packages'));

describe('the packages', () => {
  test('are all known here, so that none escapes the rules', () => {
    expect(packages.length).toBeGreaterThan(0);
    expect(packages.toSorted()).toEqual(Object.keys(ALLOWED).toSorted());
  });

  test.each(packages)('%s imports only what it may', (name) => {
    const files = sourcesOf(join(ROOT, 'packages', name, 'src'));
    expect(files.length).toBeGreaterThan(0);
    const allowed = new Set([name, ...(ALLOWED[name] ?? [])]);
    const broken = files.flatMap((file) => {
      const may = isTest(file) ? new Set([...allowed, 'testkit']) : allowed;
      return importsOf(file)
        .flatMap((target) => (target.startsWith('@baton/') ? [target.split('/')[1] ?? ''] : []))
        .filter((target) => !may.has(target))
        .map((target) => `${file.slice(ROOT.length + 1)} imports @baton/${target}`);
    });
    expect(broken).toEqual([]);
  });

  test('core and sdk stand alone: core imports nothing of Node, sdk no other package', () => {
    const ofCore = sourcesOf(join(ROOT, 'packages/core/src')).filter((file) => !isTest(file));
    const ofSdk = sourcesOf(join(ROOT, 'packages/sdk/src')).filter((file) => !isTest(file));
    expect(ofCore.flatMap(importsOf).filter((target) => !target.startsWith('.'))).toEqual([]);
    expect(ofSdk.flatMap(importsOf).filter((target) => !target.startsWith('.') && !target.startsWith('node:'))).toEqual(
      [],
    );
  });

  test('reach into one another only through the doors that their package.json declares', () => {
    const broken = packages.flatMap((name) =>
      sourcesOf(join(ROOT, 'packages', name, 'src')).flatMap((file) =>
        importsOf(file).filter((target) => /^(?:\.\.\/)+packages\/|@baton\/[^/]+\/src\//.test(target)),
      ),
    );
    expect(broken).toEqual([]);
  });
});
