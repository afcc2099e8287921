import { paths, type ResolveRequest, type StatusReport } from '@baton/api';
import type { Question } from '@baton/core';
import { BatonError } from '@baton/core/errors';
import { ensureDaemon } from '../connection/index.ts';
import { EXIT } from '../exit-code.ts';
import { printJson } from '../print-json.ts';
import type { Command, Invocation } from '../program/index.ts';
import { findConfig, placeOf, readDeclared, suggest, whoAsks } from '../project/index.ts';
import { questionText } from '../views/question.ts';
import { viewOf } from '../views/view.ts';
import { followAccepted, openGoal } from './accepting.ts';

/** A single word is the environment where one is called so, else the answer. */
const words = async ({ args, context, flags }: Invocation): Promise<{ environment?: string; answer?: string }> => {
  const [first, second] = args;
  if (first === undefined) return {};
  if (second !== undefined) return { environment: first, answer: second };
  const { environments } = await readDeclared(await findConfig(context, flags.file));
  return environments.includes(first) ? { environment: first } : { answer: first };
};

const askPerson = async (question: Question): Promise<string | undefined> => {
  const { isCancel, select } = await import('@clack/prompts');
  const later = '(decide later)';
  const options = question.answers.map(({ answer, meaning }) => ({ value: answer, label: answer, hint: meaning }));
  const chosen = await select({ message: question.text, options: [...options, { value: later, label: later }] });
  return isCancel(chosen) || chosen === later ? undefined : String(chosen);
};

const permitted = (question: Question, answer: string, environment: string): void => {
  const answers = question.answers.map((one) => one.answer);
  if (answers.includes(answer)) return;
  const meant = suggest(answer, answers);
  throw new BatonError('answer-not-permitted', `"${answer}" is no answer to: ${question.text}`, {
    fault: 'user',
    hint:
      meant === undefined
        ? `Permitted are: ${answers.join(', ')}.`
        : `Did you mean: baton resolve ${environment} ${meant}`,
  });
};

export const run: Command = async (invocation) => {
  const { context, flags } = invocation;
  const said = await words(invocation);
  const place = await placeOf(invocation, said.environment);
  const { app, environment } = place;
  const client = await ensureDaemon(place.stateDir, context);
  const { open } = await client.get<StatusReport>(paths.status(app, environment));
  const question = open?.question ?? null;
  if (open === null || question === null) {
    if (said.answer === undefined) {
      if (flags.json === true) printJson(context.stdout, { question: null });
      else context.stdout.write(`${environment} asks nothing\n`);
      return EXIT.done;
    }
    throw new BatonError('nothing-asked', `${environment} asks nothing.`, {
      fault: 'user',
      hint: `Look at: baton status ${environment}`,
    });
  }
  const asks = said.answer === undefined && context.canAsk && flags.json !== true;
  const answer = said.answer ?? (asks ? await askPerson(question) : undefined);
  if (answer === undefined) {
    if (flags.json === true) printJson(context.stdout, { question });
    else context.stdout.write(questionText(question, environment, viewOf(context)));
    return EXIT.needsOperator;
  }
  permitted(question, answer, environment);
  const body: ResolveRequest = { question: question.id, answer, by: whoAsks(context.env) };
  const { generation } = await client.post<{ generation: number }>(paths.resolve(app, environment), body);
  return followAccepted(invocation, place, client, openGoal(place, generation, open.kind));
};
