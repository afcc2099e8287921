import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';

// Writes the tree of a release into a working copy: `node apply-release.ts 2 /tmp/copy`. The tree as committed is
// release 1; every other is an overlay of changed files in releases/, on top of the one that it names as `from`.

const example = import.meta.dirname;
const contexts = ['bot', 'bluefin-service', 'mcp-memory', 'dashboard'].map((service) => join('src', service));
const topFiles = ['compose.yaml', 'baton.yaml'];

interface ReleaseNote {
  /** The release that it changes; null is the tree as committed. */
  readonly from: string | null;
  readonly summary: string;
}

async function filesUnder(directory: string): Promise<string[]> {
  if (!existsSync(directory)) return [];
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)));
}

/** The names of all releases that can be applied. */
export async function releaseNames(): Promise<readonly string[]> {
  return ['1', ...(await readdir(join(example, 'releases'))).toSorted()];
}

/** Which file of the repository stands at each path of the release. */
async function tree(name: string, onto: string | undefined): Promise<Map<string, string>> {
  if (name === '1') {
    const files = new Map(topFiles.map((file) => [file, join(example, file)]));
    for (const context of contexts) {
      for (const file of await filesUnder(join(example, context))) {
        files.set(join(context, file), join(example, context, file));
      }
    }
    return files;
  }
  const overlay = join(example, 'releases', name);
  if (!existsSync(overlay)) {
    throw new Error(`There is no release "${name}"; there are ${(await releaseNames()).join(', ')}.`);
  }
  const note = JSON.parse(await readFile(join(overlay, 'release.json'), 'utf8')) as ReleaseNote;
  const files = await tree(onto ?? note.from ?? '1', undefined);
  for (const file of await filesUnder(overlay)) {
    if (file !== 'release.json') files.set(file, join(overlay, file));
  }
  return files;
}

async function sameContent(one: string, other: string): Promise<boolean> {
  if (!existsSync(other) || (await stat(one)).size !== (await stat(other)).size) return false;
  return (await readFile(one)).equals(await readFile(other));
}

/** Packages are found from the working copy upwards, as in the repository. */
async function linkPackages(directory: string): Promise<void> {
  for (let at = directory; ; at = dirname(at)) {
    if (existsSync(join(at, 'node_modules'))) return;
    if (at === dirname(at)) break;
  }
  for (let at = example; at !== dirname(at); at = dirname(at)) {
    if (!existsSync(join(at, 'node_modules'))) continue;
    return symlink(join(at, 'node_modules'), join(directory, 'node_modules'));
  }
}

/**
 * Makes `directory` the tree of release `name`. Only files that differ are written, each by a rename, and files of
 * the services that the release does not have are removed.
 * @param onto the release that an overlay is put on, in place of the one that it names
 */
export async function applyRelease(name: string, directory: string, onto?: string): Promise<void> {
  const files = await tree(name, onto);
  await mkdir(directory, { recursive: true });
  for (const [file, source] of files) {
    const target = join(directory, file);
    if (await sameContent(source, target)) continue;
    await mkdir(dirname(target), { recursive: true });
    await copyFile(source, `${target}.new`);
    await rename(`${target}.new`, target);
  }
  for (const context of contexts) {
    for (const file of await filesUnder(join(directory, context))) {
      if (!files.has(join(context, file))) await rm(join(directory, context, file));
    }
  }
  await linkPackages(directory);
}

if (import.meta.main) {
  const [name, directory, onto] = process.argv.slice(2);
  if (name === undefined || directory === undefined) {
    console.error('usage: node apply-release.ts RELEASE DIRECTORY [ONTO]');
    console.error(`releases: ${(await releaseNames()).join(', ')}`);
    process.exit(2);
  }
  try {
    await applyRelease(name, resolve(directory), onto);
    console.log(`${directory} is release ${name}`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
}
