import { readdirSync } from 'node:fs';
import { identityOf, otherThreads, type ProcessIdentity } from './process-identity.ts';
import { readKernelFile, readKernelText } from './read-text.ts';

/** The variable that every process of an instance inherits, and is known again by. */
export const NONCE_VARIABLE = 'BATON_INSTANCE';

const NUL = 0;

/** True where an environment block has exactly this entry. */
export const hasEntry = (environ: Buffer, entry: Buffer): boolean => {
  for (let at = environ.indexOf(entry); at >= 0; at = environ.indexOf(entry, at + 1)) {
    const end = at + entry.length;
    const begins = at === 0 || environ[at - 1] === NUL;
    if (begins && (end === environ.length || environ[end] === NUL)) return true;
  }
  return false;
};

const carries = (pid: number, entry: Buffer): boolean => {
  const environ = readKernelFile(`/proc/${pid}/environ`);
  if (environ !== undefined && environ.length > 0) return hasEntry(environ, entry);
  // Nothing to read: a kernel thread, another user's process, or a leader that has exited while
  // threads of it may live on (then open(2) itself fails with ESRCH on newer kernels).
  return otherThreads(pid).some((tid) => {
    const own = readKernelFile(`/proc/${pid}/task/${tid}/environ`);
    return own !== undefined && hasEntry(own, entry);
  });
};

/** PF_KTHREAD of the kernel's sched.h, in field 9 of /proc/PID/stat. */
const KERNEL_THREAD_FLAG = 0x200000;
const KTHREADD = 2;

/**
 * The kernel's own threads, most of what is in /proc and never ours: with one read they need not be
 * looked at. In a pid namespace number 2 is a common process, and its children are looked at too.
 */
const kernelThreads = (): ReadonlySet<string> => {
  const stat = readKernelText(`/proc/${KTHREADD}/stat`);
  const flags = Number(stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[9 - 3]);
  if ((flags & KERNEL_THREAD_FLAG) === 0) return new Set();
  return new Set(readKernelText(`/proc/${KTHREADD}/task/${KTHREADD}/children`)?.trim().split(' '));
};

/** Every live process of this machine that carries the nonce in its environment. */
export const processesWithNonce = (nonce: string): readonly ProcessIdentity[] => {
  const entry = Buffer.from(`${NONCE_VARIABLE}=${nonce}`);
  const found: ProcessIdentity[] = [];
  const kernel = kernelThreads();
  for (const name of readdirSync('/proc')) {
    if (kernel.has(name)) continue;
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid || !carries(pid, entry)) continue;
    const identity = identityOf(pid);
    if (identity !== undefined) found.push(identity);
  }
  return found;
};

/** The environment a process was started with; undefined where it is gone or has overwritten it. */
export const environmentOf = (pid: number): Record<string, string> | undefined => {
  const environ = readKernelFile(`/proc/${pid}/environ`);
  if (environ === undefined || environ.length === 0) return undefined;
  const variables: Record<string, string> = {};
  for (const entry of environ.toString('utf8').split('\0')) {
    const equals = entry.indexOf('=');
    if (equals > 0) variables[entry.slice(0, equals)] = entry.slice(equals + 1);
  }
  return variables;
};
