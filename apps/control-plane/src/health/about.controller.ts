// What this server is: its version and the description of its API.
import { openApiDocument, restRoutes } from '@adyton/contracts';
import { Controller, Get } from '@nestjs/common';
import { Handles, type AnswerOf } from '../http/handles';
import { PRODUCT_NAME, VERSION } from '../version';

@Controller()
export class AboutController {
  private readonly description = openApiDocument(VERSION);

  @Handles(restRoutes.version)
  version(): AnswerOf<typeof restRoutes.version> {
    return { name: PRODUCT_NAME, version: VERSION };
  }

  @Get('api/v1/openapi.json')
  openapi(): Record<string, unknown> {
    return this.description;
  }
}
