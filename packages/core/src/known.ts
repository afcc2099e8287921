/**
 * The answer to a question that can fail. An unanswered question is never read as good news:
 * an API that does not answer does not mean stopped, an empty answer to a failed query does not mean flat.
 */
export type Known<T> = { readonly known: true; readonly value: T } | { readonly known: false; readonly reason: string };

export const known = <T>(value: T): Known<T> => ({ known: true, value });
export const unknown = (reason: string): Known<never> => ({ known: false, reason });
