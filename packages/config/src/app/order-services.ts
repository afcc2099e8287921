import type { SourcePlace } from '@baton/core';
import type { Problems } from '../source/index.ts';

interface Node {
  readonly name: string;
  readonly dependsOn: readonly string[];
}

/** Depth-first, so that what stands first in the file stays first wherever dependencies leave it free. */
class Sorter<Item extends Node> {
  readonly #byName: ReadonlyMap<string, Item>;
  readonly #done = new Set<string>();
  readonly ordered: Item[] = [];
  readonly circles: string[][] = [];

  constructor(items: readonly Item[]) {
    this.#byName = new Map(items.map((item) => [item.name, item]));
  }

  visit(item: Item, chain: readonly string[]): void {
    const from = chain.indexOf(item.name);
    if (from >= 0) {
      this.circles.push([...chain.slice(from), item.name]);
      return;
    }
    if (this.#done.has(item.name)) return;
    for (const name of item.dependsOn) {
      const next = this.#byName.get(name);
      if (next !== undefined) this.visit(next, [...chain, item.name]);
    }
    if (this.#done.has(item.name)) return;
    this.#done.add(item.name);
    this.ordered.push(item);
  }
}

/** The services with each one after all that it depends on. A circle is named in `problems`. */
export function orderServices<Item extends Node>(
  items: readonly Item[],
  place: (name: string) => SourcePlace,
  problems: Problems,
): readonly Item[] {
  const sorter = new Sorter(items);
  for (const item of items) sorter.visit(item, []);
  for (const circle of sorter.circles) {
    problems.add(place(circle[0] ?? ''), `depends_on goes in a circle: ${circle.join(' -> ')}`);
  }
  return sorter.ordered;
}
