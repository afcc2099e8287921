/** Follows the numbers of one stream: each is the one before plus one. */
export class Sequence {
  #last: number | undefined;

  /** @param first the number that the stream begins with; null where it may be any */
  constructor(first: number | null) {
    this.#last = first === null ? undefined : first - 1;
  }

  /** What is wrong about this number, or undefined. After a gap it follows from the new number. */
  problem(number: number): string | undefined {
    const last = this.#last;
    this.#last = number;
    if (!Number.isSafeInteger(number)) return `sequence number ${number}`;
    if (last === undefined || number === last + 1) return undefined;
    if (number === last) return `number ${number} twice`;
    return number > last ? `gap from ${last} to ${number}` : `number ${number} after ${last}`;
  }
}
