import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { GUIDE_PATH, withTables } from './guide.ts';
import { batonJsonSchema, SCHEMA_PATH } from './json-schema.ts';

// Run by `npm run reference -w @baton/config` after the schema has changed; tests say when it has to be.
const root = new URL('../../../../', import.meta.url);
const path = (name: string): string => fileURLToPath(new URL(name, root));
writeFileSync(path(SCHEMA_PATH), `${JSON.stringify(batonJsonSchema(), null, 2)}\n`);
writeFileSync(path(GUIDE_PATH), withTables(readFileSync(path(GUIDE_PATH), 'utf8')));
