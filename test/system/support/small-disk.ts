import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A file system of its own, whose free space a test takes away and gives back. Needs root. */
export class SmallDisk {
  readonly #at: string;

  constructor(at: string) {
    this.#at = at;
    mkdirSync(at, { recursive: true, mode: 0o700 });
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2g,mode=0700', 'tmpfs', at]);
  }

  static get possible(): boolean {
    if (process.getuid?.() !== 0) return false;
    try {
      execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  }

  /** Not one more byte fits from here on. */
  fill(): void {
    // A size below what is used is refused, so it is made the size of what is used, and the rest is filled.
    const used = execFileSync('du', ['-s', '-B4096', this.#at], { encoding: 'utf8' }).split('\t')[0];
    execFileSync('mount', ['-o', `remount,size=${Number(used) * 4096 + 65_536}`, this.#at]);
    try {
      for (let part = 0; ; part += 1) writeFileSync(join(this.#at, `filler-${part}`), Buffer.alloc(4096, 1));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }

  free(): void {
    execFileSync('mount', ['-o', 'remount,size=2g', this.#at]);
  }

  unmount(): void {
    execFileSync('umount', ['--lazy', this.#at]);
  }
}
