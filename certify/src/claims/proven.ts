// What a real host has confirmed: id of a judged claim, and the releases it was seen on. Filled by hand from reports that were sent in, so
// that what README.md says of it has somebody who read the report. Nothing yet.
export const PROVEN: Readonly<Record<string, readonly string[]>> = {};
