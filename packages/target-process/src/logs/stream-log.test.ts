import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { StreamLog } from './stream-log.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'target-process-'));
  path = join(folder, 'i.out.log');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Writes as a program would, at a time of our choice: the file's own. */
const wrote = (text: string, atMs: number): void => {
  appendFileSync(path, text);
  utimesSync(path, atMs / 1000, atMs / 1000);
};
const texts = (lines: readonly { readonly text: string }[]): readonly string[] => lines.map((line) => line.text);

test('a line has the time of the write that it was seen with', () => {
  const log = new StreamLog(path);
  wrote('one\n', 10_000);
  log.look(false);
  wrote('two\nthree\n', 20_000);
  log.look(false);
  wrote('four\n', 30_000);
  expect(log.read(0, 10, 1, false)).toEqual([
    { at: 10_000, text: 'one' },
    { at: 20_000, text: 'two' },
    { at: 20_000, text: 'three' },
    { at: 30_000, text: 'four' },
  ]);
  expect(texts(log.read(20_000, 10, 1, false))).toEqual(['two', 'three', 'four']);
  expect(texts(log.read(20_001, 10, 1, false))).toEqual(['four']);
  expect(texts(log.read(30_001, 10, 1, false))).toEqual([]);
  expect(texts(log.read(0, 2, 1, false))).toEqual(['three', 'four']);
});

test('after a restart of the daemon old lines stay old', () => {
  const before = new StreamLog(path);
  wrote('error of an hour ago\n', 10_000);
  before.look(false);
  wrote('error of now\n', 3_610_000);
  const after = new StreamLog(path);
  expect(after.read(3_600_000, 10, 1, false)).toEqual([{ at: 3_610_000, text: 'error of now' }]);
});

test('a line without its end waits for it, and is shown when the program is dead', () => {
  const log = new StreamLog(path);
  wrote('whole\nhal', 10_000);
  expect(texts(log.read(0, 10, 1, false))).toEqual(['whole']);
  expect(texts(log.read(0, 10, 1, true))).toEqual(['whole', 'hal']);
  wrote('f\n', 20_000);
  expect(log.read(20_000, 10, 1, false)).toEqual([{ at: 20_000, text: 'half' }]);
});

test('rotation loses no line, keeps the times, and the program writes on through the same file', async () => {
  const program = openSync(path, 'a');
  const log = new StreamLog(path);
  const seen: string[] = [];
  for (let part = 0; part < 5; part += 1) {
    for (let line = 0; line < 100; line += 1) {
      seen.push(`${part}.${line}`);
      writeSync(program, `${part}.${line}\n`);
    }
    log.look(true);
    await log.rotate(3);
  }
  writeSync(program, 'last\n');
  closeSync(program);
  expect(readFileSync(path, 'utf8')).toBe('last\n');
  expect(existsSync(`${path}.3`)).toBe(false);
  expect(texts(log.read(0, 1000, 3, false))).toEqual([...seen.slice(300), 'last']);
  expect(texts(new StreamLog(path).read(0, 3, 3, false))).toEqual(['4.98', '4.99', 'last']);
});

test('a log that is not there, or a torn index, reads as what there is', () => {
  expect(new StreamLog(path).read(0, 10, 3, true)).toEqual([]);
  wrote('one\n', 10_000);
  appendFileSync(`${path}.times`, '4 100\nnonsense\n2 5\n9');
  expect(new StreamLog(path).read(0, 10, 1, false)).toEqual([{ at: 100, text: 'one' }]);
});
