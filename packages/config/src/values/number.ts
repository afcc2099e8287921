import { Refusal, scalar } from './scalar.ts';

/** A schema of a whole number within bounds; a text of digits (what `${N}` becomes) counts. */
export const wholeNumber = (min: number, max: number) =>
  scalar(
    `a whole number from ${min} to ${max}`,
    { type: ['integer', 'string'], minimum: min, maximum: max },
    (text) => {
      const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
      return value >= min && value <= max ? value : new Refusal(`"${text}" is no whole number from ${min} to ${max}`);
    },
  );

/** A schema of a number above zero, fractions allowed. */
export const positiveNumber = (max: number) =>
  scalar(
    `a number above 0, up to ${max}`,
    { type: ['number', 'string'], exclusiveMinimum: 0, maximum: max },
    (text) => {
      const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
      return value > 0 && value <= max ? value : new Refusal(`"${text}" is no number above 0, up to ${max}`);
    },
  );

/** A schema of yes or no. */
export const flag = () =>
  scalar('true or false', { type: ['boolean', 'string'], enum: [true, false, 'true', 'false'] }, (text) =>
    text === 'true' || text === 'false' ? text === 'true' : new Refusal(`"${text}" is neither true nor false`),
  );

/** ECS counts CPU in units of 1/1024 of a core; everything else counts cores. */
const UNITS_PER_CORE = 1024;

/** A schema of CPU: cores (`0.5`, `2`) or ECS units (`512 units`); in cores. */
export const cores = () =>
  scalar(
    'cores such as 0.5, or "512 units"',
    { type: ['number', 'string'], exclusiveMinimum: 0, maximum: 192 },
    (text) => {
      const found = /^(\d+(?:\.\d+)?)(?:\s*(units?))?$/.exec(text);
      const value = Number(found?.[1]) / (found?.[2] === undefined ? 1 : UNITS_PER_CORE);
      if (found !== null && value > 0 && value <= 192) return value;
      // 256 and 1024 are what somebody writes who thinks in ECS units.
      const suggestion = found !== null && value >= 256 ? `${text} units` : undefined;
      return new Refusal(`"${text}" is no number of cores; write 0.5 or "512 units"`, suggestion);
    },
  );
