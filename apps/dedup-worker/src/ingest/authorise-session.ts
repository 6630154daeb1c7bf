// Decides whether a library that says hello may work: the run must be granted to this host, be alive, and the token must be its token. The
// channel of a pre-check is answered, and may not.
import { AdytonError } from '@adyton/contracts';
import { ID_PREFIX, type RunId } from '@adyton/domain';
import { CHECK_RUN, type SbtHello, type SbtSession } from '@adyton/sbt';
import { createHash, timingSafeEqual } from 'node:crypto';
import { answerInTime, type AnswerLimit } from './answer-in-time';
import { CHECK_SESSION } from './check-session';
import { type RunSessions } from './run-sessions';
import { PieceSession } from './piece-session';
import { inSbtTerms } from './sbt-failure-of';

/** @throws SbtFailure 7501 with a text a DBA understands. */
export async function authoriseSession(
  sessions: RunSessions,
  hello: SbtHello,
  limit: AnswerLimit,
): Promise<SbtSession> {
  if (hello.runId === CHECK_RUN) return CHECK_SESSION;
  return inSbtTerms(async () => {
    const runId = runIdOf(hello.runId);
    const session = await answerInTime(limit, () => sessions.ensure(runId)); // a late one is there for the next channel
    const { grant } = session;
    if (!isToken(hello.token, grant.tokenSha256))
      throw new AdytonError('ADY_SBT_REFUSED', `the token is not the one of run ${grant.runId}`);
    session.assertAlive();
    return new PieceSession(session, limit);
  });
}

function runIdOf(text: string): RunId {
  if (!new RegExp(`^${ID_PREFIX.RunId}_[0-9A-Z]{26}$`).test(text)) {
    throw new AdytonError('ADY_SBT_REFUSED', 'ADY_RUN of the channel is missing or is no run id');
  }
  return text as RunId;
}

function isToken(token: string, sha256Hex: string): boolean {
  const given = createHash('sha256').update(token).digest();
  const wanted = Buffer.from(sha256Hex, 'hex');
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
