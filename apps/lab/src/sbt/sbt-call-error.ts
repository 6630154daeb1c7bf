// The error of a media-management library, apart from what loads one: RMAN itself knows the error and loads none.
import { type SbtFunction } from './sbt-abi';

/** A call answered -1; `code` and `text` are what sbterror said. */
export class SbtCallError extends Error {
  constructor(
    readonly call: SbtFunction,
    readonly code: number,
    readonly text: string,
  ) {
    super(`sbt${call} failed with ${code}: ${text}`);
    this.name = 'SbtCallError';
  }
}
