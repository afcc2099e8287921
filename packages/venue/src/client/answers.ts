import { type Known, known, unknown, type VenueExposure } from '@baton/core';

type Fields = Readonly<Record<string, unknown>>;
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Every element must be readable: a list that is understood in part is not known. */
function readList<T>(answer: unknown, what: string, read: (element: Fields) => T | undefined): Known<T[]> {
  if (!Array.isArray(answer)) return unknown(`The venue's ${what} are not a list.`);
  const list: T[] = [];
  for (const element of answer as unknown[]) {
    const value = isFields(element) ? read(element) : undefined;
    if (value === undefined) return unknown(`One of the venue's ${what} cannot be understood.`);
    list.push(value);
  }
  return known(list);
}

export const readOrders = (answer: unknown): Known<VenueExposure['orders'][number][]> =>
  readList(answer, 'orders', ({ clientId, orderId }) =>
    typeof clientId === 'string' && typeof orderId === 'string' ? { clientId, orderId } : undefined,
  );

export const readPositions = (answer: unknown): Known<VenueExposure['positions'][number][]> =>
  readList(answer, 'positions', ({ symbol, quantity }) =>
    typeof symbol === 'string' && typeof quantity === 'number' ? { symbol, quantity } : undefined,
  );

export function readBalance(answer: unknown): Known<{ openOrders: number; openPositions: number }> {
  if (isFields(answer)) {
    const { openOrders, openPositions } = answer;
    if (typeof openOrders === 'number' && typeof openPositions === 'number')
      return known({ openOrders, openPositions });
  }
  return unknown("The venue's balance cannot be understood.");
}

export function readCancelled(answer: unknown): Known<number> {
  if (isFields(answer) && Array.isArray(answer.cancelled) && Array.isArray(answer.notOpen)) {
    return known(answer.cancelled.length);
  }
  return unknown("The venue's answer to the cancel cannot be understood.");
}

export function readFence(answer: unknown, token: number): Known<boolean> {
  if (isFields(answer) && typeof answer.token === 'number' && typeof answer.fences === 'boolean') {
    if (answer.token >= token) return known(answer.fences);
  }
  return unknown("The venue's answer to the fence cannot be understood.");
}
