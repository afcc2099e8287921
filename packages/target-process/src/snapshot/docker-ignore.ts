interface Rule {
  readonly excludes: boolean;
  readonly matches: RegExp;
}

/** Which paths of a build context stay out of the snapshot. */
export interface Excludes {
  excludes(path: string): boolean;
  /** True where a later rule takes something back in, so that an excluded folder still has to be walked. */
  readonly hasExceptions: boolean;
}

const LITERAL = /[\\^$.|*?+(){}[\]]/g;
const escaped = (text: string): string => text.replaceAll(LITERAL, '\\$&');

/** One pattern as Docker reads it: Go's filepath.Match and `**` for any number of folders. */
const toRegExp = (pattern: string): RegExp => {
  let source = '';
  for (let at = 0; at < pattern.length; at += 1) {
    const char = pattern[at] as string;
    if (pattern.startsWith('**/', at)) {
      source += '(?:.*/)?';
      at += 2;
    } else if (pattern.startsWith('**', at)) {
      source += '.*';
      at += 1;
    } else if (char === '*') source += '[^/]*';
    else if (char === '?') source += '[^/]';
    else if (char === '\\' && at + 1 < pattern.length) {
      at += 1;
      source += escaped(pattern[at] as string);
    } else if (char === '[' && pattern.indexOf(']', at + 2) > 0) {
      const end = pattern.indexOf(']', at + 2);
      source += `[${pattern
        .slice(at + 1, end)
        .replaceAll('\\', '\\\\')
        .replaceAll('[', '\\[')}]`;
      at = end;
    } else source += escaped(char);
  }
  return new RegExp(`^${source}$`, 'su');
};

const parseRule = (line: string): Rule | undefined => {
  const text = line.trim();
  if (text === '' || text.startsWith('#')) return undefined;
  const excludes = !text.startsWith('!');
  const parts = (excludes ? text : text.slice(1).trim()).split('/').filter((part) => part !== '' && part !== '.');
  return parts.length === 0 ? undefined : { excludes, matches: toRegExp(parts.join('/')) };
};

const withParents = (path: string): readonly string[] => {
  const parts = path.split('/');
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
};

/** Reads a `.dockerignore`. The last rule that matches a path or a folder above it decides. */
export const parseDockerIgnore = (text: string): Excludes => {
  const rules = text
    .split('\n')
    .map(parseRule)
    .filter((rule) => rule !== undefined);
  return {
    hasExceptions: rules.some((rule) => !rule.excludes),
    excludes: (path) => {
      const paths = withParents(path);
      let excluded = false;
      for (const rule of rules) {
        if (rule.excludes !== excluded && paths.some((part) => rule.matches.test(part))) excluded = rule.excludes;
      }
      return excluded;
    },
  };
};
