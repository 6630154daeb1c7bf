// How each tool of a discovery went, once per tool: the worst outcome of its calls, with what nobody understood.
import {
  TOOL_DETAIL_CHARS_MAX,
  UNKNOWN_LINE_CHARS_MAX,
  UNKNOWN_LINES_MAX,
  type DiscoveryTool,
  type DiscoveryToolReport,
} from '@adyton/contracts';
import { type ToolAnswer } from './run-tool';

type Outcome = DiscoveryToolReport['outcome'];
/** Later ones win over earlier ones. */
const BY_WEIGHT: readonly Outcome[] = ['absent', 'ok', 'not-understood', 'failed', 'timed-out'];

export class ToolLog {
  private readonly reports = new Map<DiscoveryTool, DiscoveryToolReport>();

  note(tool: DiscoveryTool, outcome: Outcome, detail = '', unknownLines: readonly string[] = []): void {
    const known = this.reports.get(tool);
    const isWorse = known === undefined || BY_WEIGHT.indexOf(outcome) > BY_WEIGHT.indexOf(known.outcome);
    this.reports.set(tool, {
      tool,
      outcome: isWorse ? outcome : known.outcome,
      detail: (isWorse ? detail : known.detail).slice(0, TOOL_DETAIL_CHARS_MAX),
      unknownLines: [...(known?.unknownLines ?? []), ...unknownLines]
        .map((line) => line.slice(0, UNKNOWN_LINE_CHARS_MAX))
        .slice(0, UNKNOWN_LINES_MAX),
    });
  }

  /** What a call printed; null when it printed nothing to go by. */
  noteAnswer(tool: DiscoveryTool, answer: ToolAnswer, call: string): string | null {
    switch (answer.kind) {
      case 'ok':
        this.note(tool, 'ok');
        return answer.output;
      case 'absent':
        this.note(tool, 'absent', `${call}: not there`);
        return null;
      case 'timed-out':
        this.note(tool, 'timed-out', `${call}: no answer in time`);
        return null;
      case 'failed':
        this.note(tool, 'failed', `${call}: ${answer.detail}`);
        return null;
    }
  }

  noteUnknown(tool: DiscoveryTool, unknownLines: readonly string[]): void {
    if (unknownLines.length > 0)
      this.note(tool, 'not-understood', `${unknownLines.length} line(s) were not understood`, unknownLines);
  }

  get all(): DiscoveryToolReport[] {
    return [...this.reports.values()];
  }
}
