// Prints one line for each behaviour of the workflow: its ID, whether every test that carries it passed, and how many there are.
// An ID that is promised and has no test is printed too.
const PROMISED = [
  ...Array.from({ length: 12 }, (_, i) => `S1.${i + 1}`),
  ...Array.from({ length: 11 }, (_, i) => `S2.${i + 1}`),
  ...Array.from({ length: 5 }, (_, i) => `S3.${i + 1}`),
  'S4.7',
];

/** S1.2 before S1.10. */
function byNumber(a, b) {
  const [x, y] = [a, b].map((id) => id.slice(1).split('.').map(Number));
  return x[0] - y[0] || x[1] - y[1];
}

module.exports = class IdReporter {
  onRunComplete(_contexts, results) {
    const counts = new Map(PROMISED.map((id) => [id, { passed: 0, failed: 0 }]));
    for (const test of results.testResults.flatMap((file) => file.testResults)) {
      if (test.status !== 'passed' && test.status !== 'failed') continue;
      for (const id of test.fullName.match(/\bS\d+\.\d+\b/g) ?? []) {
        const count = counts.get(id) ?? { passed: 0, failed: 0 };
        count[test.status] += 1;
        counts.set(id, count);
      }
    }
    const lines = [...counts]
      .sort(([a], [b]) => byNumber(a, b))
      .map(([id, { passed, failed }]) => {
        const word = failed > 0 ? 'FAILED' : passed > 0 ? 'passed' : 'no test';
        return `${id.padEnd(6)}${word.padEnd(9)}${passed + failed} test(s)`;
      });
    process.stdout.write(`\n${lines.join('\n')}\n`);
  }
};
