import { RESERVED_NAMES } from '@baton/core/names';
import * as z from 'zod';

const NAME = /^[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?$/;
const LONGEST = 63;

/** Why `name` cannot name an app, an environment or a service; undefined where it can. */
export function nameFault(name: string): string | undefined {
  if (NAME.test(name) && name.length <= LONGEST) return undefined;
  const shown = JSON.stringify(name.length > 70 ? `${name.slice(0, 70)}...` : name);
  if (name === '') return 'a name is empty';
  if (name.length > LONGEST) return `the name ${shown} is longer than ${LONGEST} characters`;
  if (name.includes('..') || name.includes('/')) return `the name ${shown} reads as a path`;
  if (/\s/.test(name)) return `the name ${shown} has a space in it`;
  if (/[^\x20-\x7e]/.test(name)) return `the name ${shown} has characters beyond ASCII`;
  return `the name ${shown} must be lower-case letters, digits, "-" and "_", with a letter or digit at both ends`;
}

/** The nearest text to `name` that is a name. */
export function nearestName(name: string): string | undefined {
  const mended = name
    .normalize('NFKD')
    .replaceAll(/[\u0300-\u036f]/g, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]+/g, '-')
    .replaceAll(/^[-_]+|[-_]+$/g, '')
    .slice(0, LONGEST);
  return NAME.test(mended) && mended !== name ? mended : undefined;
}

/** A schema of a name. Reserved names mean something on the command line (`blue`, `green`, `all`). */
export const name = (reserved: 'reserved-refused' | 'any') =>
  z
    .string()
    .superRefine((value, context) => {
      const fault = nameFault(value);
      if (fault !== undefined) {
        context.addIssue({ code: 'custom', message: fault, params: { suggestion: nearestName(value) } });
      } else if (reserved === 'reserved-refused' && RESERVED_NAMES.some((word) => word === value)) {
        const message = `the name "${value}" is reserved: on the command line it means something else`;
        context.addIssue({ code: 'custom', message });
      }
    })
    .meta({ pattern: NAME.source, maxLength: LONGEST });

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** A schema of the name of an environment variable. Those that start with `BATON_` are Baton's own. */
export const variableName = () =>
  z
    .string()
    .superRefine((value, context) => {
      const fault = variableFault(value);
      if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
    })
    .meta({ pattern: VARIABLE.source });

/** Why `variable` cannot be given to a service; undefined where it can. */
function variableFault(variable: string): string | undefined {
  if (variable.startsWith('BATON_')) return `the variable "${variable}" is set by Baton itself; choose another name`;
  return VARIABLE.test(variable) ? undefined : `"${variable}" is no name of an environment variable`;
}
