// The page of the lab names every failure that can be armed.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HOST_FAULTS } from '../apps/lab/src/faults/host-faults';
import { PHASES } from '../apps/lab/src/faults/phases';
import { S3_FAULTS } from '../apps/lab/src/s3/faults';

const page = readFileSync(join(__dirname, 'lab.md'), 'utf8');

it.each([...Object.keys(HOST_FAULTS), ...Object.keys(PHASES), ...Object.keys(S3_FAULTS)])(
  'docs/lab.md names %s',
  (name) => {
    expect(page).toContain(`\`${name}\``);
  },
);
