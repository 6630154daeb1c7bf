// Tests that `make test` leaves out because each takes many seconds and a shorter one beside it shows the rule; `make test-long` and
// `npm run test:workflow` play them.
export const isLong = process.env['TEST_LONG'] === 'yes';

export const itLong = isLong ? it : it.skip;
