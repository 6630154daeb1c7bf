// What docs/operating/webhooks.md tells a receiver is true: its example is a message, and its function verifies what we sign.
import { webhookMessage } from '@adyton/contracts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';

const page = readFileSync(
  join(__dirname, '..', '..', '..', '..', 'docs', 'operating', 'webhooks.md'),
  'utf8',
);
const block = (language: string): string =>
  new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(page)?.[1] ?? '';

type Check = (secret: string, headers: Record<string, string>, body: string) => boolean;
/** The function of the page, as a reader would paste it. */
// eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call -- the page's own text is what is tested
const isGenuine = new Function('require', `${block('js')}\nreturn isGenuine;`)(require) as Check;

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const body = JSON.stringify({ type: 'test' });
function headersOf(at: Date): Record<string, string> {
  return {
    'webhook-id': 'ntf_1',
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': new Webhook(SECRET).sign('ntf_1', at, body),
  };
}

it('shows a message of the declared shape', () => {
  const example: unknown = JSON.parse(block('json'));
  expect(webhookMessage.parse(example)).toEqual(example);
});

it('verifies a genuine message, and none that was altered, is old, or was signed by somebody else', () => {
  const now = new Date();
  expect(isGenuine(SECRET, headersOf(now), body)).toBe(true);
  const twice = {
    ...headersOf(now),
    'webhook-signature': `v1,AAAA ${headersOf(now)['webhook-signature'] ?? ''}`,
  };
  expect(isGenuine(SECRET, twice, body)).toBe(true);
  expect(isGenuine(SECRET, headersOf(now), `${body} `)).toBe(false);
  expect(isGenuine(SECRET, { ...headersOf(now), 'webhook-id': 'ntf_2' }, body)).toBe(false);
  expect(isGenuine(SECRET, headersOf(new Date(now.getTime() - 301_000)), body)).toBe(false);
  expect(isGenuine(`whsec_${Buffer.alloc(32, 8).toString('base64')}`, headersOf(now), body)).toBe(false);
  expect(isGenuine(SECRET, { ...headersOf(now), 'webhook-timestamp': 'soon' }, body)).toBe(false);
});
