import type { App } from '@baton/core';
import { stringify } from 'yaml';
import { EXIT } from '../exit-code.ts';
import { printJson } from '../print-json.ts';
import type { Command } from '../program/index.ts';
import { loadAppOf, placeOf } from '../project/index.ts';

/** Names of variables whose values are nobody's business on a screen. */
const SECRET = /(SECRET|TOKEN|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|PRIVATE|API_?KEY|ACCESS_?KEY|_KEY$|^KEY$)/i;
const HIDDEN = '(hidden; --reveal shows it)';

/** A copy with such values taken out, at any depth: a compose file repeats its variables. */
const hide = (value: unknown, key: string): unknown => {
  if (Array.isArray(value)) return value.map((one: unknown) => hide(one, key));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([name, one]) => [name, key === 'secrets' ? one : hide(one, name)]),
    );
  if (typeof value !== 'string' || value === '') return value;
  if (SECRET.test(key)) return HIDDEN;
  // A list of variables, `NAME=value`.
  const [name = '', ...rest] = value.split('=');
  return rest.length > 0 && /^[A-Z0-9_]+$/i.test(name) && SECRET.test(name) ? `${name}=${HIDDEN}` : value;
};

export const run: Command = async (invocation) => {
  const { context, flags, verb, args } = invocation;
  const place = await placeOf(invocation, args[0]);
  const app = await loadAppOf(context, place, verb);
  const { secretValues, ...plain } = app;
  const names = Object.entries(secretValues ?? {}).map(([service, own]) => [
    service,
    Object.fromEntries(Object.keys(own).map((name) => [name, HIDDEN])),
  ]);
  const hidden = secretValues === undefined ? {} : { secretValues: Object.fromEntries(names) as App['secretValues'] };
  const shown = flags.reveal === true ? app : { ...(hide(plain, '') as object), ...hidden };
  if (flags.json === true) printJson(context.stdout, shown);
  else context.stdout.write(stringify(shown, { lineWidth: 0, aliasDuplicateObjects: false }));
  return EXIT.done;
};
