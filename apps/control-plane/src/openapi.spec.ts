// openapi/openapi.json is what the route catalogs say; after a change: npm run node -- dist/apps/control-plane/src/write-openapi.js
import { openApiDocument } from '@adyton/contracts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { VERSION } from './version';

it('is committed as the routes describe it', () => {
  const path = join(__dirname, '../../../openapi/openapi.json');
  const committed = JSON.parse(readFileSync(path, 'utf8')) as unknown;
  expect(committed).toEqual(JSON.parse(JSON.stringify(openApiDocument(VERSION))));
});
