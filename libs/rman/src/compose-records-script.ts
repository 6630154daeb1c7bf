// The script that puts RMAN's own records of our pieces right: CROSSCHECK asks the vault about each, CATALOG adds those that are on no record.
// Always by handle: an unscoped CROSSCHECK would mark another vendor's pieces expired.
import { parmsOf, type ChannelSettings } from './channels';
import { type RmanScript, type Statement } from './script/nodes';
import { RmanScriptError } from './script/terminals';

export interface RecordsScriptInput {
  readonly channels: ChannelSettings;
  readonly crosscheck: readonly string[];
  readonly catalog: readonly string[];
}

/** Handles in one statement. */
const HANDLES_PER_STATEMENT = 50;

/** @throws RmanScriptError */
export function composeRecordsScript({ channels, crosscheck, catalog }: RecordsScriptInput): RmanScript {
  if (crosscheck.length + catalog.length === 0) throw new RmanScriptError('handles', 'at least one');
  return [
    { kind: 'allocate-maintenance-channel', parms: parmsOf(channels, 'm1') },
    ...statementsFor('crosscheck-pieces', crosscheck),
    ...statementsFor('catalog-pieces', catalog),
  ];
}

function statementsFor(
  kind: 'crosscheck-pieces' | 'catalog-pieces',
  handles: readonly string[],
): Statement[] {
  const statements: Statement[] = [];
  for (let i = 0; i < handles.length; i += HANDLES_PER_STATEMENT)
    statements.push({ kind, handles: handles.slice(i, i + HANDLES_PER_STATEMENT) });
  return statements;
}
