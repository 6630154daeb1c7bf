// The reference pages are written from the catalogs in the code. This test fails when a page is not what the catalogs say;
// `npm run docs:write` writes them anew.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { settings as agent } from '../apps/agent/src/config';
import { settings as controlPlane } from '../apps/control-plane/src/config';
import { settings as dedupWorker } from '../apps/dedup-worker/src/config';
import { settings as maintenance } from '../apps/dedup-worker/src/maintenance/config';
import { settings as scheduler } from '../apps/scheduler/src/config';
import {
  alertCatalog,
  checkCatalog,
  errorCatalog,
  openApiDocument,
  type AlertSpec,
  type CheckSpec,
  type ErrorSpec,
} from '../libs/contracts/src/index';
import { KEEP_TIMES, type KeepTime } from '../libs/ledger/src/index';
import { type Settings } from '../libs/runtime/src/index';

const root = join(__dirname, '..');

function configurationPage(): string {
  const processes: [string, Settings][] = [
    ['control-plane', controlPlane],
    ['prepare (runs before a control-plane starts)', controlPlane],
    ['scheduler', scheduler],
    ['agent', agent],
    ['dedup-worker', dedupWorker],
    ['maintenance (the dedup-worker in its maintenance role)', maintenance],
  ];
  const sections = processes.map(([name, settings]) => {
    const rows = Object.entries(settings).map(([key, s]) => {
      const given =
        s.default === undefined ? (s.optional === true ? 'optional' : '**required**') : `\`${s.default}\``;
      return `| \`${key}\` | ${given} | ${s.secret === true ? `secret; or \`${key}_FILE\`. ` : ''}${s.doc} |`;
    });
    return `## ${name}\n\n| variable | default | meaning |\n|---|---|---|\n${rows.join('\n')}\n`;
  });
  return `# Configuration\n\nEvery process reads its settings once, from environment variables, and stops with the list of all that are missing, malformed or\nunknown. A secret may be given as \`<NAME>_FILE\`, the path of a file that holds it. (Written from the code; do not edit.)\n\n${sections.join('\n')}`;
}

function errorsPage(): string {
  const rows = (Object.entries(errorCatalog) as [string, ErrorSpec][]).map(
    ([code, s]) =>
      `## ${code}\n\n${s.title}. HTTP ${s.http}, CLI exit code ${s.exit}, retry: ${s.retry}.\n\nHINT: ${s.hint}.\n`,
  );
  return `# Errors\n\nEvery error a person or a client can meet. The code is stable; the text may change. (Written from the code; do not edit.)\n\n${rows.join('\n')}`;
}

function alertsPage(): string {
  const rows = (Object.entries(alertCatalog) as [string, AlertSpec][]).map(
    ([kind, s]) =>
      `## ${kind}\n\n${s.title}. Severity: ${s.severity}. One alert for each ${s.subject}.\n\nHINT: ${s.hint}.\n\nResolves by itself: ${s.resolves}.\n`,
  );
  return `# Alerts\n\nEvery kind of alert. The kind is stable; the text may change. How alerts are handled and sent is told in the\n[user guide](../user-guide.md#alerts) and in [webhooks](webhooks.md). (Written from the code; do not edit.)\n\n${rows.join('\n')}`;
}

const OTHERWISE: Readonly<Record<CheckSpec['otherwise'], string>> = {
  failed: 'the run ends before RMAN backs anything up',
  ineligible:
    'the instance is out for this run; when it is the run’s own, the next instance of the cluster takes the run over, and without one it ends',
  warning: 'the run goes on and says so',
};

function checksPage(): string {
  const rows = (Object.entries(checkCatalog) as [string, CheckSpec][]).map(([code, s]) => {
    const except = s.except === undefined ? '' : ` Except: ${s.except}.`;
    return `## ${code}\n\nOk when ${s.title}. Otherwise: ${OTHERWISE[s.otherwise]}.${except}\n\nHINT: ${s.hint}.\n`;
  });
  return `# Pre-checks\n\nWhat is looked at before a backup. \`adyton backup DB --dry-run\` shows all of them with their evidence, \`adyton run why RUN\` those of a\nrun that were not ok. On a cluster the host of each other instance checks its own. (Written from the code; do not edit.)\n\n${rows.join('\n')}`;
}

function keepTimeRow([table, time]: [string, KeepTime]): string {
  if ('with' in time) return `| \`${table}\` | with \`${time.with}\` | | |`;
  if ('always' in time) return `| \`${table}\` | always | | ${time.always} |`;
  const { days, after, unless = '', why } = time;
  return `| \`${table}\` | ${days} ${days === 1 ? 'day' : 'days'} after ${after} | ${unless} | ${why} |`;
}

function recordsPage(): string {
  const rows = (Object.entries(KEEP_TIMES) as [string, KeepTime][]).map(keepTimeRow);
  return `# How long records stay\n\nThe ledger (Postgres, schema \`adyton\`) forgets what nobody will ask for again: the scheduler looks once an hour and removes what is older, in\nbatches. What backups need is not judged by age: see [what is kept](../user-guide.md#what-is-kept). (Written from the code; do not edit.)\n\n| table | kept | longer if | why |\n|---|---|---|---|\n${rows.join('\n')}\n`;
}

const pages: Record<string, () => string> = {
  'docs/operating/configuration.md': configurationPage,
  'docs/operating/errors.md': errorsPage,
  'docs/operating/alerts.md': alertsPage,
  'docs/operating/checks.md': checksPage,
  'docs/operating/records.md': recordsPage,
  'openapi/openapi.json': () => `${JSON.stringify(openApiDocument('0.1.0'), null, 2)}\n`,
};

it.each(Object.keys(pages))('%s is what the code says', (path) => {
  const file = join(root, path);
  const page = pages[path]?.() ?? '';
  if (process.env['DOCS_WRITE'] === 'yes') {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, page);
  }
  expect(readFileSync(file, 'utf8')).toBe(page);
});
