// Makes RMAN forget pieces that nothing needs any more. UNCATALOG only removes RMAN's own record: no channel is needed, and no library is asked.
import { type RmanScript } from './script/nodes';
import { RmanScriptError } from './script/terminals';

/** One statement a piece: one that is not on record ends its own statement, not those before it. @throws RmanScriptError */
export function composeUncatalogScript(handles: readonly string[]): RmanScript {
  if (handles.length === 0) throw new RmanScriptError('handles', 'at least one');
  return handles.map((handle) => ({ kind: 'uncatalog-piece', handle }));
}
