// Writes openapi/openapi.json, the committed copy of the API description, from the route catalogs.
import { openApiDocument } from '@adyton/contracts';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { VERSION } from './version';

/** Run from the repository root. */
const path = join(process.cwd(), 'openapi', 'openapi.json');
writeFileSync(path, `${JSON.stringify(openApiDocument(VERSION), null, 2)}\n`);
process.stdout.write(`${path}\n`);
