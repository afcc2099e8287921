/**
 * A process that runs Baton's code: a daemon, or a command of an operator. Killed, nothing that it waits for
 * ever comes, so that it never runs again; paused, it comes when the process goes on.
 */
export class SimProcess {
  readonly name: string;
  readonly pid: number;
  readonly boot: string;
  alive = true;
  paused = false;
  /** Another was started while it was paused: what it has read is older than what that one has done. */
  replaced = false;
  #waiting: (() => void)[] = [];

  constructor(name: string, pid: number, boot: string) {
    this.name = name;
    this.pid = pid;
    this.boot = boot;
  }

  /** Goes on in this process now, or when it is resumed, or never. True where it went on now. */
  deliver(goOn: () => void): boolean {
    if (!this.alive) return false;
    if (this.paused) {
      this.#waiting.push(goOn);
      return false;
    }
    goOn();
    return true;
  }

  kill(): void {
    this.alive = false;
    this.#waiting = [];
  }

  resume(): void {
    if (!this.alive || !this.paused) return;
    this.paused = false;
    for (const goOn of this.#waiting.splice(0)) goOn();
  }
}
