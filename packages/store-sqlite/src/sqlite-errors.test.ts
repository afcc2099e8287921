import { BatonError } from '@baton/core';
import { expect, it } from 'vitest';
import { isBusy, storeError } from './sqlite-errors.ts';

/** An error as `node:sqlite` throws it. */
const sqliteError = (errcode: number, message = 'what SQLite says') =>
  Object.assign(new Error(message), { code: 'ERR_SQLITE_ERROR', errcode });
const nodeError = (code: string) => Object.assign(new Error(`${code}: what the system says`), { code });

it.each([
  ['full', 13, 'store-full'],
  ['no room for the log index', 4_874, 'store-full'],
  ['read-only', 8, 'store-read-only'],
  ['read-only directory', 1_544, 'store-read-only'],
  ['corrupt', 11, 'store-corrupt'],
  ['corrupt index', 779, 'store-corrupt'],
  ['not a database', 26, 'store-corrupt'],
  ['a statement that does not compile', 1, 'store-corrupt'],
  ['a broken constraint', 1_555, 'store-corrupt'],
  ['cannot open', 14, 'store-unavailable'],
  ['failing disk', 778, 'store-unavailable'],
  ['out of memory', 7, 'store-unavailable'],
])('turns "%s" (%d) into %s', (_, errcode, code) => {
  const cause = sqliteError(errcode);
  const error = storeError(cause, '/state.db');
  expect(error).toMatchObject({ code, cause, fault: 'environment', message: expect.stringContaining('/state.db') });
  expect(error.hint).toMatch(/^[A-Z].+\.$/);
});

it.each([
  ['ENOSPC', 'store-full'],
  ['EDQUOT', 'store-full'],
  ['EROFS', 'store-read-only'],
  ['EACCES', 'store-read-only'],
  ['EPERM', 'store-read-only'],
  ['ERR_OUT_OF_RANGE', 'store-corrupt'],
  ['EIO', 'store-unavailable'],
])('turns %s of the system into %s', (system, code) => {
  const cause = nodeError(system);
  expect(storeError(cause, '/state.db')).toMatchObject({ code, cause });
});

it('tells what was said where it knows no better', () => {
  expect(storeError(sqliteError(10, 'disk I/O error'), '/f').message).toBe(
    'The state store /f is not available: disk I/O error.',
  );
  expect(storeError(sqliteError(14, 'unable to open'), '/f').hint).toMatch(/path/);
  expect(storeError(sqliteError(10), '/f').hint).toMatch(/disk/);
  expect(storeError(nodeError('EIO'), '/f').message).toContain('EIO: what the system says');
  expect(storeError('just text', '/f')).toMatchObject({
    code: 'store-unavailable',
    message: expect.stringContaining('just text'),
  });
  expect(storeError(sqliteError(11, 'malformed'), '/f').message).toContain('malformed');
});

it('tells a person what to do about a full and about a read-only disk', () => {
  expect(storeError(sqliteError(13), '/f')).toMatchObject({
    message: expect.stringContaining('nothing was written'),
    hint: expect.stringMatching(/space/),
  });
  expect(storeError(sqliteError(8), '/f')).toMatchObject({ hint: expect.stringMatching(/permission/) });
});

it('takes text that is no JSON for damage, and leaves an error of Baton as it is', () => {
  expect(storeError(new SyntaxError('bad'), '/f')).toMatchObject({ code: 'store-corrupt' });
  const own = new BatonError('own', 'own', { hint: 'own' });
  expect(storeError(own, '/f')).toBe(own);
});

it('waits for a busy and for a locked database, whatever the details, and for nothing else', () => {
  expect([5, 6, 261, 262, 517].map((code) => isBusy(sqliteError(code)))).toEqual([true, true, true, true, true]);
  expect([1, 8, 10, 13].map((code) => isBusy(sqliteError(code)))).toEqual([false, false, false, false]);
  expect([isBusy(new Error('plain')), isBusy('text'), isBusy(undefined), isBusy({ errcode: 5 })]).toEqual([
    false,
    false,
    false,
    false,
  ]);
  expect(isBusy(Object.assign(new Error('odd'), { errcode: '5' }))).toBe(false);
});
