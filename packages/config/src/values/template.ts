import { closest } from '../source/suggest.ts';
import { Refusal, scalar } from './scalar.ts';

export type TemplateWord = 'app' | 'env' | 'service';

const PLACEHOLDER = /\{([^{}]*)\}/g;

/**
 * A schema of a name with placeholders, such as `{app}-{env}-{service}`.
 * @param needed placeholders without which two names would be one, and so must be there
 */
export const template = (allowed: readonly TemplateWord[], needed: readonly TemplateWord[] = []) =>
  scalar(`a template of ${allowed.map((word) => `{${word}}`).join(', ')}`, { type: 'string', minLength: 1 }, (text) => {
    for (const [whole, word = ''] of text.matchAll(PLACEHOLDER)) {
      if (allowed.some((candidate) => candidate === word)) continue;
      const near = closest(word, allowed);
      const known = allowed.map((candidate) => `{${candidate}}`).join(', ');
      return new Refusal(
        `"${whole}" is no placeholder here; known: ${known}`,
        near === undefined ? undefined : `{${near}}`,
      );
    }
    if (/[{}]/.test(text.replaceAll(PLACEHOLDER, ''))) return new Refusal(`a brace is not closed in "${text}"`);
    if (text.trim() === '' || /\s/.test(text)) return new Refusal(`"${text}" is empty or has a space in it`);
    const absent = needed.find((word) => !text.includes(`{${word}}`));
    if (absent === undefined) return text;
    return new Refusal(`"${text}" is the same name for each ${absent}; put {${absent}} in it`);
  });

/** Fills the placeholders of a template in. */
export const renderName = (
  pattern: string,
  values: { readonly app: string; readonly env: string; readonly service?: string },
): string =>
  pattern
    .replaceAll('{app}', values.app)
    .replaceAll('{env}', values.env)
    .replaceAll('{service}', values.service ?? '');
