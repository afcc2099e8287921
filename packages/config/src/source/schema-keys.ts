import type * as z from 'zod/v4/core';

/** The keys that a mapping at `path` may have by `schema`; empty where it is no mapping of fixed keys. */
export function schemaKeys(schema: z.$ZodType, path: readonly PropertyKey[]): readonly string[] {
  return [...new Set(objectsAt(schema, path).flatMap((object) => Object.keys(object._zod.def.shape)))];
}

function objectsAt(schema: z.$ZodType, path: readonly PropertyKey[]): readonly z.$ZodObject[] {
  const { def } = (schema as z.$ZodTypes)._zod;
  if (def.type === 'union') return def.options.flatMap((option) => objectsAt(option, path));
  if (def.type === 'pipe') return [...objectsAt(def.in, path), ...objectsAt(def.out, path)];
  if (def.type === 'object') {
    if (path.length === 0) return [schema as z.$ZodObject];
    const next = def.shape[String(path[0])];
    return next === undefined ? [] : objectsAt(next, path.slice(1));
  }
  if (def.type === 'array') return path.length === 0 ? [] : objectsAt(def.element, path.slice(1));
  if (def.type === 'record') return path.length === 0 ? [] : objectsAt(def.valueType, path.slice(1));
  return 'innerType' in def ? objectsAt(def.innerType, path) : [];
}
