import type { SourcePlace } from '@baton/core';
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type Scalar,
  visit,
} from 'yaml';
import { InterpolationError, interpolate, type Lookup } from './interpolate.ts';
import type { Problems } from './problems.ts';

export type Path = readonly (string | number)[];

/** Aliases that one file may expand; more is an attack ("billion laughs") or an accident. */
const MAX_ALIASES = 200;
const INTEGER = /^[-+]?[0-9]+$/;

/** One YAML file that remembers where each of its values stands. */
export class YamlSource {
  readonly file: string;
  readonly #document: Document.Parsed;
  readonly #lines: LineCounter;
  readonly #text: string;

  private constructor(file: string, text: string, document: Document.Parsed, lines: LineCounter) {
    this.file = file;
    this.#text = text;
    this.#document = document;
    this.#lines = lines;
  }

  /**
   * @param file the name to show in messages
   * @returns undefined where the text is not YAML; what is wrong is in `problems`
   */
  static parse(file: string, text: string, problems: Problems): YamlSource | undefined {
    const lines = new LineCounter();
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true });
    const source = new YamlSource(file, text, document, lines);
    const duplicates = document.errors.filter((error) => error.code === 'DUPLICATE_KEY');
    // Only the first syntax fault: what the parser stumbles over after it mostly follows from it.
    const malformed = document.errors.filter((error) => error.code !== 'DUPLICATE_KEY').slice(0, 1);
    for (const { pos } of duplicates) {
      problems.add(source.#placeAt(pos[0]), `the key "${source.#wordAt(pos[0])}" stands here twice`);
    }
    for (const { pos, message } of [...malformed, ...document.warnings]) {
      problems.add(source.#placeAt(pos[0]), message);
    }
    let readable = malformed.length === 0 && document.warnings.length === 0;
    if (readable && document.contents === null) {
      problems.add(source.top, 'the file is empty');
      readable = false;
    }
    return readable ? source : undefined;
  }

  get top(): SourcePlace {
    return { file: this.file, line: 1, column: 1 };
  }

  /**
   * Where the key or the value at `path` stands. Aliases and merge keys are followed; where the path ends early
   * (a key that is missing), the nearest enclosing key is meant.
   */
  place(path: Path, at: 'key' | 'value' = 'value'): SourcePlace {
    let node: Node | null = this.#document.contents;
    let key: Node | undefined;
    for (const [index, step] of path.entries()) {
      const found = this.#step(node, step);
      if (found === undefined) return key?.range ? this.#placeAt(key.range[0]) : this.top;
      if (index === path.length - 1) {
        const chosen = at === 'key' ? (found.key ?? found.value) : (found.value ?? found.key);
        // An empty value (`settle:`) stands nowhere itself; its key does.
        const empty = isScalar(chosen) && chosen.value === null && (chosen.source ?? '') === '';
        const shown = empty ? (found.key ?? chosen) : chosen;
        return shown?.range ? this.#placeAt(shown.range[0]) : this.top;
      }
      key = found.key ?? found.value ?? key;
      node = found.value ?? null;
    }
    return this.top;
  }

  /** Replaces variables in every value, never in a key. What becomes of one is always a text. */
  interpolate(lookup: Lookup, problems: Problems): void {
    visit(this.#document, {
      Scalar: (position, node) => {
        const written = node.value;
        if (position === 'key' || typeof written !== 'string' || !written.includes('$')) return;
        try {
          const { text, unset } = interpolate(written, lookup);
          for (const name of unset) {
            problems.warn(
              this.#placeWithin(node, `$`),
              `the variable "${name}" is not set and stands for nothing here`,
            );
          }
          node.value = text;
        } catch (error) {
          if (!(error instanceof InterpolationError)) throw error;
          problems.add(this.#placeWithin(node, written.slice(error.index, error.index + 3)), error.message);
        }
      },
    });
  }

  /** The whole file as plain values. @returns undefined where aliases expand without end, said in `problems` */
  toValue(problems: Problems): unknown {
    visit(this.#document, {
      Scalar: (_, node) => {
        // An account number of twenty digits must not lose its last ones by being read as a float.
        const unsafe = typeof node.value === 'number' && !Number.isSafeInteger(node.value);
        if (unsafe && node.source !== undefined && INTEGER.test(node.source)) node.value = node.source;
      },
    });
    try {
      return this.#document.toJS({ maxAliasCount: MAX_ALIASES });
    } catch (error) {
      problems.add(this.top, `the aliases of this file cannot be resolved: ${(error as Error).message}`);
      return undefined;
    }
  }

  #step(node: Node | null, step: string | number): { key?: Node; value?: Node } | undefined {
    const resolved = this.#resolve(node);
    if (isSeq(resolved)) {
      const item = resolved.items[Number(step)];
      return isNode(item) ? { value: item } : undefined;
    }
    if (!isMap(resolved)) return undefined;
    const pair = resolved.items.find((item) => keyText(item) === String(step));
    if (pair !== undefined) return pairNodes(pair);
    for (const merge of resolved.items.filter((item) => keyText(item) === '<<')) {
      const merged = this.#resolve(isNode(merge.value) ? merge.value : null);
      for (const base of isSeq(merged) ? merged.items : [merged]) {
        const found = isNode(base) ? this.#step(base, step) : undefined;
        if (found !== undefined) return found;
      }
    }
    return undefined;
  }

  #resolve(node: Node | null): Node | null {
    return isAlias(node) ? (node.resolve(this.#document) ?? null) : node;
  }

  #placeAt(offset: number): SourcePlace {
    const { line, col } = this.#lines.linePos(offset);
    return { file: this.file, line: Math.max(line, 1), column: Math.max(col, 1) };
  }

  /** The place of `part` inside a scalar, as written in the file; the scalar's own place where it is escaped there. */
  #placeWithin(node: Scalar, part: string): SourcePlace {
    const [start, end] = node.range ?? [0, 0];
    const index = this.#text.slice(start, end).indexOf(part);
    return this.#placeAt(start + Math.max(index, 0));
  }

  #wordAt(offset: number): string {
    return /^["']?([^"':\s]*)/.exec(this.#text.slice(offset, offset + 80))?.[1] ?? '';
  }
}

function keyText(pair: Pair): string {
  const key = isScalar(pair.key) ? pair.key.value : pair.key;
  return typeof key === 'symbol' ? (key.description ?? '') : String(key);
}

function pairNodes(pair: Pair): { key?: Node; value?: Node } {
  return { ...(isNode(pair.key) ? { key: pair.key } : {}), ...(isNode(pair.value) ? { value: pair.value } : {}) };
}
