/** What the graph of undisturbed ways says of itself. */
export interface GraphJudgement {
  /** States from which nothing leads on although the goal is open. */
  readonly stuck: readonly number[];
  /** States from which some way leads back to them. */
  readonly looping: readonly number[];
  /** Steps of the longest way of all. */
  readonly longest: number;
}

const IN_WORK = -2;
const UNKNOWN = -1;

/**
 * Judges a graph by one walk in depth-first order, without recursion. Where no way comes back to where it was and
 * each last state is an end, every way of it is finite and ends.
 * @param ways by state, the states that follow; undefined for one that was never followed
 */
export const judgeGraph = (
  ways: readonly (readonly number[] | undefined)[],
  ended: readonly boolean[],
): GraphJudgement => {
  const stuck: number[] = [];
  const looping: number[] = [];
  const length = new Int32Array(ways.length).fill(UNKNOWN);
  const stack: { readonly state: number; next: number; longest: number }[] = [];
  for (let root = 0; root < ways.length; root += 1) {
    if (length[root] !== UNKNOWN) continue;
    length[root] = IN_WORK;
    stack.push({ state: root, next: 0, longest: 0 });
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const following = ways[top.state];
      const to = following?.[top.next];
      if (to === undefined) {
        if (following?.length === 0 && ended[top.state] !== true) stuck.push(top.state);
        length[top.state] = top.longest;
        stack.pop();
        const below = stack.at(-1);
        if (below !== undefined) below.longest = Math.max(below.longest, top.longest + 1);
        continue;
      }
      top.next += 1;
      if (length[to] === UNKNOWN) {
        length[to] = IN_WORK;
        stack.push({ state: to, next: 0, longest: 0 });
      } else if (length[to] === IN_WORK) looping.push(to);
      else top.longest = Math.max(top.longest, (length[to] ?? 0) + 1);
    }
  }
  return { stuck, looping, longest: length.reduce((most, one) => Math.max(most, one), 0) };
};
