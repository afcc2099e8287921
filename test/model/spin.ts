import { execFile, execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ASSERTIONS, type Configuration } from './configurations.ts';

const run = promisify(execFile);
const HERE = import.meta.dirname;
const MAX_DEPTH = 1_000_000;
const MEMORY_MIB = 3_000;
const SEARCH_MS = 300_000;
const OUTPUT_BYTES = 16 * 1024 * 1024;

/** What Spin said of one configuration. */
export interface SpinVerdict {
  /** True where every state was visited: nothing cut short by depth, memory or time. */
  readonly exhaustive: boolean;
  /** What broke, in the words of {@link ASSERTIONS}, else as Spin says it; empty where all holds. */
  readonly broken: string;
  readonly states: number;
  readonly transitions: number;
  readonly depth: number;
  /** The way to what broke: the steps of the model, last first cut to the newest. */
  readonly trail: readonly string[];
  readonly output: string;
}

/** The line to install what is missing; empty where both are there. */
export const missingTools = (): string => {
  const missing = ['spin', 'gcc'].filter((tool) => {
    try {
      execFileSync('which', [tool], { stdio: 'ignore' });
      return false;
    } catch {
      return true;
    }
  });
  return missing.length === 0 ? '' : `not installed: ${missing.join(', ')}. Run: apt-get install -y spin gcc libc6-dev`;
};

const number = (output: string, pattern: RegExp): number => Number(pattern.exec(output)?.[1] ?? 0);

const wordsFor = (line: string): string => {
  const said = line
    .replace(/^pan:\d+: /, '')
    .replace(/ \(at depth.*/, '')
    .replace(/^assertion violated /, '');
  return ASSERTIONS.find(([pattern]) => pattern.test(said))?.[1] ?? said;
};

const read = (output: string): Omit<SpinVerdict, 'trail'> => {
  const broken = /^pan:\d+: (?!elapsed|rate|wrote).*/m.exec(output)?.[0];
  const cut = /max search depth too small|out of memory|Search not completed|reached -DMEMLIM/i.test(output);
  const transitions = number(output, /(\d+) transitions/);
  return {
    exhaustive: !cut && /errors: 0/.test(output),
    broken: broken === undefined ? '' : wordsFor(broken),
    states: number(output, /(\d+) states, stored/),
    transitions,
    depth: number(output, /depth reached (\d+)/),
    output,
  };
};

const STEP = /^\s*\d+:\s+proc\s+\d+ \((\w+):\d+\) \S+:(\d+) .*?\[(.*)\]$/;
const TRAIL_STEPS = 80;

const trailOf = async (dir: string, file: string, defines: readonly string[]): Promise<readonly string[]> => {
  const { stdout } = await run('spin', ['-t', '-p', ...defines, file], { cwd: dir, maxBuffer: OUTPUT_BYTES });
  const steps = stdout.split('\n').flatMap((line) => {
    const [, who, at, what] = STEP.exec(line) ?? [];
    return who === undefined ? [] : [`${who} ${file}:${at} ${what}`];
  });
  return steps.slice(-TRAIL_STEPS);
};

/**
 * Compiles one configuration in a folder of its own and visits every state of it.
 * @throws Error where the model does not compile, with what the compiler says
 */
export const checkConfiguration = async (
  { model, defines, breaks }: Configuration,
  signal?: AbortSignal,
): Promise<SpinVerdict> => {
  const dir = mkdtempSync(join(tmpdir(), 'baton-model-'));
  const file = `${model}.pml`;
  const given = defines.map((name) => `-D${name}`);
  const options = {
    cwd: dir,
    maxBuffer: OUTPUT_BYTES,
    timeout: SEARCH_MS,
    ...(signal === undefined ? {} : { signal }),
  };
  try {
    copyFileSync(join(HERE, file), join(dir, file));
    const { stdout } = await run('spin', ['-a', ...given, file], options);
    if (/error/i.test(stdout)) throw new Error(`spin ${given.join(' ')} ${file}: ${stdout}`);
    // What must break breaks early: there the compiler would take longer than the search.
    const level = breaks === undefined || defines.includes('ROUTES') ? '-O2' : '-O0';
    // Termination is a matter of whole ways, with weak fairness; the rest of single states.
    const termination = defines.includes('PROGRESS');
    const search = termination ? ['-DNFAIR=3'] : ['-DSAFETY'];
    const flags = [level, '-w', ...search, '-DCOLLAPSE', `-DMEMLIM=${MEMORY_MIB}`];
    await run('gcc', [...flags, '-o', 'pan', 'pan.c'], options);
    // Pan ends with 0 whatever it finds; what it found stands in its words.
    const searched = await run('./pan', [`-m${MAX_DEPTH}`, ...(termination ? ['-a', '-f'] : [])], options);
    const verdict = read(searched.stdout);
    return { ...verdict, trail: verdict.broken === '' ? [] : await trailOf(dir, file, given) };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
};
