import { createHash } from 'node:crypto';
import { lstatSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { Excludes } from './docker-ignore.ts';
import type { SourceEntry } from './entry.ts';

/**
 * Where the copied tree lies in the snapshot, and what stands in for the folders above it.
 *
 * A service of an npm workspace resolves its packages from `node_modules` of folders above its own
 * context, which a copy elsewhere has no longer. So each `node_modules` found from the context
 * upward is linked at the same distance from the copy. It is the toolchain, like the `node` that
 * runs it, and not part of the release: an `npm ci` changes it under old releases too. The digest
 * records its place and its lockfile, so that new dependencies are a change that gets deployed.
 * Likewise only the module type is taken of a package.json above the copied tree.
 */
export interface Toolchain {
  /** Folder of the copied root below the snapshot. */
  readonly tree: string;
  readonly entries: readonly SourceEntry[];
  /** What the digest says of it. */
  readonly identity: readonly string[];
}

/** Levels of folders above the context that are looked at. */
const MAX_LEVELS = 32;

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/** npm's own record of what it installed, hashed. */
const lockOf = (modules: string): string => {
  try {
    return createHash('sha256')
      .update(readFileSync(join(modules, '.package-lock.json')))
      .digest('hex');
  } catch {
    return 'none';
  }
};

const moduleType = (folder: string): string | undefined => {
  try {
    const parsed = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { readonly type?: unknown };
    return parsed.type === 'module' ? 'module' : 'commonjs';
  } catch {
    return undefined;
  }
};

const ancestors = (folder: string): readonly string[] => {
  const found: string[] = [];
  for (let at = folder; found.length < MAX_LEVELS; at = dirname(at)) {
    found.push(at);
    if (dirname(at) === at) break;
  }
  return found;
};

/** @param root folder that is copied; `context` lies in it */
export const findToolchain = (root: string, context: string, excludes: Excludes): Toolchain => {
  const below = ancestors(context).filter((folder) => !relative(root, folder).startsWith('..'));
  const above = ancestors(dirname(root)).filter((folder) => folder !== root && isFolder(join(folder, 'node_modules')));
  const levels = above.map((modulesOf, index) => ({ modulesOf, depth: above.length - 1 - index }));
  const place = (depth: number): string => 'up/'.repeat(depth);
  const tree = `${place(Math.max(0, above.length - 1))}tree`;

  const entries: SourceEntry[] = [];
  const identity: string[] = [];
  const link = (path: string, modules: string): void => {
    entries.push({ kind: 'link', path, target: modules });
    identity.push(`${path} ${modules} ${lockOf(modules)}`);
  };
  for (const { modulesOf, depth } of levels) link(`${place(depth)}node_modules`, join(modulesOf, 'node_modules'));
  for (const folder of below) {
    const modules = join(folder, 'node_modules');
    // The context's own modules are copied with it, unless they are excluded, as they are for image builds.
    const copied = folder === context && !excludes.excludes('node_modules');
    if (!copied && isFolder(modules) && !lstatSync(modules).isSymbolicLink()) {
      link(join(tree, relative(root, modules)), modules);
    }
  }
  for (let depth = 1; depth < above.length; depth += 1)
    entries.push({ kind: 'folder', path: `up${'/up'.repeat(depth - 1)}` });

  const declared = below.some((folder) => moduleType(folder) !== undefined);
  const inherited = declared
    ? undefined
    : ancestors(dirname(root))
        .map(moduleType)
        .find((type) => type !== undefined);
  if (inherited !== undefined) {
    const path = tree.replace(/tree$/, 'package.json');
    entries.push({ kind: 'text', path, text: `${JSON.stringify({ type: inherited })}\n` });
  }
  return { tree, entries, identity };
};
