// K1: a piece is needed by unexpired recovery points, holds, failed runs and restores; nothing else keeps it.
import { neededPieces, type Naming } from './needed-pieces';

const nothing: Naming = { manifests: [], partials: [], pins: [], expired: new Set(), held: new Set() };
const manifests = [
  { manifestKey: 'manifest/db/a', recipes: ['piece/base', 'piece/a'] },
  { manifestKey: 'manifest/db/b', recipes: ['piece/base', 'piece/b'] },
];

it('names everything that needs a piece, whichever run wrote it', () => {
  const needed = neededPieces({ ...nothing, manifests });
  expect(needed.get('piece/base')).toEqual([
    { kind: 'recovery-point', manifestKey: 'manifest/db/a' },
    { kind: 'recovery-point', manifestKey: 'manifest/db/b' },
  ]);
  expect(needed.get('piece/b')).toHaveLength(1);
});

it('forgets what only expired recovery points need, and keeps what is held', () => {
  const expired = new Set(['manifest/db/a', 'manifest/db/b']);
  const needed = neededPieces({ ...nothing, manifests, expired, held: new Set(['manifest/db/b']) });
  expect([...needed]).toEqual([
    ['piece/base', [{ kind: 'hold', manifestKey: 'manifest/db/b' }]],
    ['piece/b', [{ kind: 'hold', manifestKey: 'manifest/db/b' }]],
  ]);
});

it('counts failed runs until they expire, and restores until they end', () => {
  const partials = [
    { partialKey: 'manifest/db/c.partial', recipes: ['piece/c'] },
    { partialKey: 'manifest/db/d.partial', recipes: ['piece/d'] },
  ];
  const pins = [
    { pinKey: 'pin/1', ended: false, recipes: ['piece/1'] },
    { pinKey: 'pin/2', ended: true, recipes: ['piece/2'] },
  ];
  const needed = neededPieces({ ...nothing, partials, pins, expired: new Set(['manifest/db/d.partial']) });
  expect([...needed.keys()]).toEqual(['piece/c', 'piece/1']);
});
