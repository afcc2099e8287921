import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

/** A line of a model that names what it stands for. */
export interface CodeReference {
  readonly file: string;
  readonly name: string;
  readonly at: string;
}

/** Every `code: file#name` of a model. */
export const codeReferences = (model: string): readonly CodeReference[] =>
  readFileSync(join(import.meta.dirname, model), 'utf8')
    .split('\n')
    .flatMap((line, index) =>
      [...line.matchAll(/code: (\S+?)#(\w+)/g)].map(([, file = '', name = '']) => ({
        file,
        name,
        at: `${model}:${index + 1}`,
      })),
    );

/** True where the file declares it: a function, a class, a type, or a method. */
export const isDeclared = ({ file, name }: CodeReference): boolean => {
  let text: string;
  try {
    text = readFileSync(join(ROOT, file), 'utf8');
  } catch {
    return false;
  }
  const declared = new RegExp(`^\\s*(?:export )?(?:const|function|class|interface|type) ${name}\\b`, 'm');
  const method = new RegExp(`^ +(?:async )?#?${name}(?:<[^>]*>)?\\(.*\\{$`, 'm');
  return declared.test(text) || method.test(text);
};
