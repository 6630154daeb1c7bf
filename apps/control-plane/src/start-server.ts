// Makes the Nest application and lets it listen. Body limits, problem documents and the logger are the same for main and the specs.
import { type NestExpressApplication } from '@nestjs/platform-express';
import { NestFactory } from '@nestjs/core';
import { type IncomingMessage } from 'node:http';
import { AppModule, type Parts } from './app.module';
import { nestLog } from './http/nest-log';
import { tagRequests } from './http/request-id';

export interface RunningServer {
  /** `http://127.0.0.1:8080` */
  readonly url: string;
  close(): Promise<void>;
}

/** What a person or client sends is a few fields. */
const API_BODY_LIMIT = '1mb';
/** Plans, contents and handle lists of a database with tens of thousands of files; 70,000 handles are about 5 MB. */
const AGENT_BODY_LIMIT = '32mb';
const AGENT_PATHS = '/agent/';

export async function startServer(parts: Parts): Promise<RunningServer> {
  const app = await NestFactory.create<NestExpressApplication>(AppModule.of(parts), {
    bodyParser: false,
    logger: nestLog(parts.log),
  });
  app.disable('x-powered-by');
  app.use(tagRequests(parts.newRequestId));
  app.useBodyParser('json', {
    limit: AGENT_BODY_LIMIT,
    type: (r: IncomingMessage) => isJson(r) && isOfAgent(r),
  });
  app.useBodyParser('json', {
    limit: API_BODY_LIMIT,
    type: (r: IncomingMessage) => isJson(r) && !isOfAgent(r),
  });
  await app.listen(parts.config.ADYTON_HTTP_PORT, parts.config.ADYTON_HTTP_HOST);
  return { url: await app.getUrl(), close: () => app.close() };
}

function isOfAgent(request: IncomingMessage): boolean {
  return request.url?.startsWith(AGENT_PATHS) === true;
}

function isJson(request: IncomingMessage): boolean {
  return /^application\/json\s*(;|$)/i.test(request.headers['content-type'] ?? '');
}
