import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { BatonError } from '@baton/core';
import { type DurableState, type MomentState, readDurableState, readMomentState } from './gateway-state.ts';

const OWNER_ONLY_FILE = 0o600;
const OWNER_ONLY_FOLDER = 0o700;

const unwritable = (file: string, cause: unknown): BatonError =>
  new BatonError('gateway-state-unwritable', `${file} cannot be written: ${(cause as Error).message}`, {
    hint: 'Nothing was changed. Make room on the disk, or give the gateway a folder that it may write.',
    cause,
  });

const readIfThere = (file: string): string | undefined => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new BatonError('gateway-state-corrupt', `${file} cannot be read: ${(error as Error).message}`, {
      hint: 'Nothing was started, so that no route is lost in silence. Mend the permissions or the disk.',
      cause: error,
    });
  }
};

/** The two files of a gateway, each replaced whole by rename. */
export class StateFiles {
  readonly folder: string;
  readonly durableFile: string;
  readonly #momentFile: string;

  /** @throws BatonError `gateway-state-unwritable` */
  constructor(folder: string) {
    this.folder = folder;
    this.durableFile = join(folder, 'gateway.json');
    this.#momentFile = join(folder, 'gateway-moment.json');
    try {
      mkdirSync(folder, { recursive: true, mode: OWNER_ONLY_FOLDER });
      chmodSync(folder, OWNER_ONLY_FOLDER);
    } catch (error) {
      throw unwritable(folder, error);
    }
  }

  /** @throws BatonError `gateway-state-corrupt` */
  readDurable(): DurableState | undefined {
    const json = readIfThere(this.durableFile);
    return json === undefined ? undefined : readDurableState(json, this.durableFile);
  }

  /**
   * On the disk when it resolves: file and folder are both synced, else a rename may be forgotten.
   * @throws BatonError `gateway-state-unwritable`
   */
  async writeDurable(state: DurableState): Promise<void> {
    const temporary = `${this.durableFile}.new`;
    try {
      const file = await open(temporary, 'w', OWNER_ONLY_FILE);
      try {
        await file.writeFile(`${JSON.stringify(state)}\n`);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, this.durableFile);
      const folder = await open(this.folder, 'r');
      try {
        await folder.sync();
      } finally {
        await folder.close();
      }
    } catch (error) {
      throw unwritable(this.durableFile, error);
    }
  }

  readMoment(): MomentState {
    const json = readIfThere(this.#momentFile);
    return json === undefined ? { version: 1, holds: [], epochs: {} } : readMomentState(json);
  }

  /** @throws BatonError `gateway-state-unwritable` */
  writeMoment(state: MomentState): void {
    const temporary = `${this.#momentFile}.new`;
    try {
      writeFileSync(temporary, JSON.stringify(state), { mode: OWNER_ONLY_FILE });
      renameSync(temporary, this.#momentFile);
    } catch (error) {
      throw unwritable(this.#momentFile, error);
    }
  }
}
