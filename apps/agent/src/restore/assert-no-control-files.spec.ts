// Where a restored control file may be written: where nothing is, on a file system that shows it.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assertNoControlFiles } from './assert-no-control-files';

const directory = mkdtempSync(join(tmpdir(), 'adyton-control-files-'));
const at = (name: string) => join(directory, name);
beforeAll(() => {
  writeFileSync(at('control01.ctl'), 'of a database that is down');
  mkdirSync(at('directory'));
  symlinkSync(at('nowhere'), at('link'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const refused = (message: string) => ({ code: 'ADY_TARGET_CONTROL_FILE', message });

it('lets a control file be written where nothing is, in a directory that is still to be made too', async () => {
  await assertNoControlFiles([at('control02.ctl'), at('new/control03.ctl')]);
});

it('names every control file that would be overwritten, wherever it stands in the list', async () => {
  await expect(
    assertNoControlFiles([at('free.ctl'), at('control01.ctl'), at('directory')]),
  ).rejects.toMatchObject(refused(`${at('control01.ctl')} exists; ${at('directory')} exists`));
});

it('takes a link for a file, though it leads nowhere', async () => {
  await expect(assertNoControlFiles([at('link')])).rejects.toMatchObject(refused(`${at('link')} exists`));
});

it.each(['+DATA/ORCL/CONTROLFILE/current.261.1245024969', '+DATA', '?/dbs/cntrl.dbf', 'cntrl.dbf'])(
  'does not write where it cannot see: %s',
  async (name) => {
    await expect(assertNoControlFiles([at('free.ctl'), name])).rejects.toMatchObject(
      refused(`${name} is no path of a file system, so that nobody sees what lies there`),
    );
  },
);

it('does not write where it may not look, or was told of no place', async () => {
  const below = at('control01.ctl/control02.ctl');
  await expect(assertNoControlFiles([below])).rejects.toMatchObject(
    refused(`${below} cannot be looked at: ENOTDIR`),
  );
  await expect(assertNoControlFiles([])).rejects.toMatchObject(
    refused('the parameter control_files of the instance names no place'),
  );
});
