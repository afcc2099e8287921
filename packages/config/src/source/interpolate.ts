/** Looks a variable up; undefined is unset, the empty string is set and empty. */
export type Lookup = (name: string) => string | undefined;

export interface Interpolated {
  readonly text: string;
  /** Variables that had no value and no default, in order; each became the empty string. */
  readonly unset: readonly string[];
}

/** A text that cannot be interpolated; `index` is where in it. */
export class InterpolationError extends Error {
  readonly index: number;
  constructor(message: string, index: number) {
    super(message);
    this.index = index;
  }
}

const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const OPERATOR = /:?[-?+]/y;
/** Deeper nesting than this is no configuration that a person wrote. */
const DEEPEST = 20;

/**
 * Replaces `$VAR`, `${VAR}`, `${VAR:-default}`, `${VAR-default}`, `${VAR:?error}`, `${VAR?error}`,
 * `${VAR:+replacement}`, `${VAR+replacement}` and `$$`. With `:` an empty variable counts as unset. The second
 * half may hold variables itself.
 * Source: the Compose specification, "Interpolation".
 * @throws InterpolationError where a required variable is missing or the syntax is wrong
 */
export function interpolate(text: string, lookup: Lookup): Interpolated {
  const unset: string[] = [];
  return { text: new Reader(text, lookup, unset).readUntilEnd(), unset };
}

class Reader {
  readonly #text: string;
  readonly #lookup: Lookup;
  readonly #unset: string[];
  #at = 0;
  /** Above zero while reading the branch that is not taken, whose variables do not matter. */
  #idle = 0;

  constructor(text: string, lookup: Lookup, unset: string[]) {
    this.#text = text;
    this.#lookup = lookup;
    this.#unset = unset;
  }

  readUntilEnd(): string {
    return this.#readText(0);
  }

  /** Plain text with variables in it, up to the end or, inside braces, up to the closing one. */
  #readText(depth: number): string {
    if (depth > DEEPEST) throw new InterpolationError('variables are nested too deeply', this.#at);
    let out = '';
    while (this.#at < this.#text.length) {
      const character = this.#text[this.#at];
      if (depth > 0 && character === '}') return out;
      if (character !== '$') {
        out += character;
        this.#at += 1;
      } else out += this.#readDollar(depth);
    }
    return out;
  }

  #readDollar(depth: number): string {
    const start = this.#at;
    const next = this.#text[start + 1];
    if (next === '$') {
      this.#at += 2;
      return '$';
    }
    this.#at += next === '{' ? 2 : 1;
    const name = this.#match(NAME);
    if (name === undefined) {
      throw new InterpolationError('"$" here starts no variable; write "$$" for the character itself', start);
    }
    if (next !== '{') return this.#value(name);
    const operator = this.#match(OPERATOR) ?? '';
    const value = this.#lookup(name);
    const isSet = value !== undefined && !(operator.startsWith(':') && value === '');
    const kind = operator.at(-1);
    const needed = kind === '+' ? isSet : !isSet;
    if (!needed) this.#idle += 1;
    const operand = operator === '' ? '' : this.#readText(depth + 1);
    if (!needed) this.#idle -= 1;
    if (this.#text[this.#at] !== '}') throw new InterpolationError(`"\${${name}" is not closed by "}"`, start);
    this.#at += 1;
    if (kind === undefined) return this.#value(name);
    if (kind === '?' && !isSet && this.#idle === 0) {
      throw new InterpolationError(`the variable "${name}" is required: ${operand || 'it is not set'}`, start);
    }
    if (kind === '+') return isSet ? operand : '';
    return isSet ? value : kind === '-' ? operand : '';
  }

  #value(name: string): string {
    const value = this.#lookup(name);
    if (value === undefined && this.#idle === 0) this.#unset.push(name);
    return value ?? '';
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }
}
