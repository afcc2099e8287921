import { execFile } from 'node:child_process';

const GIT_TIMEOUT_MS = 3_000;
const OUTPUT_BYTES = 1024 * 1024;

const git = (folder: string, args: readonly string[]): Promise<string | undefined> =>
  new Promise((resolve) => {
    const options = { cwd: folder, timeout: GIT_TIMEOUT_MS, maxBuffer: OUTPUT_BYTES };
    execFile('git', [...args], options, (error, stdout) => resolve(error === null ? stdout.trim() : undefined));
  });

/** The commit that the folder stands at, `+dirty` where files differ from it; undefined outside a repository. */
export const gitCommit = async (folder: string): Promise<string | undefined> => {
  const [head, changed] = await Promise.all([
    git(folder, ['rev-parse', '--short=12', 'HEAD']),
    git(folder, ['status', '--porcelain', '--untracked-files=normal', '--', '.']),
  ]);
  if (head === undefined || head === '') return undefined;
  return changed === '' ? head : `${head}+dirty`;
};
