// ARCHITECTURE.md draws the states that the tables have.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { alertTransitions } from './alert-states';
import { deliveryTransitions } from './delivery-attempts';
import { drawStates } from './draw-states';
import { pieceReleaseTransitions } from './piece-release-states';
import { recoveryPointTransitions } from './recovery-point-states';
import { requestTransitions } from './request-states';
import { runTransitions } from './run-states';
import { runInstanceTransitions } from './run-instance-states';
import { vaultOperationTransitions } from './vault-operation-states';

it('ARCHITECTURE.md shows the state machines as their tables are', () => {
  const text = readFileSync(join(__dirname, '..', '..', '..', 'ARCHITECTURE.md'), 'utf8');
  for (const drawing of [
    drawStates(requestTransitions, 'requested'),
    drawStates(runTransitions, 'planning'),
    drawStates(runInstanceTransitions, 'asked'),
    drawStates(recoveryPointTransitions, 'available'),
    drawStates(pieceReleaseTransitions, 'kept'),
    drawStates(vaultOperationTransitions, 'requested'),
    drawStates(alertTransitions, 'open'),
    drawStates(deliveryTransitions, 'pending'),
  ]) {
    expect(text).toContain(`\`\`\`mermaid\n${drawing}\n\`\`\``);
  }
});
