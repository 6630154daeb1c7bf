// Answers leave in the shape their route declares: what the schema does not name stays inside.
import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { map, type Observable } from 'rxjs';
import { routeOf } from './route-metadata';

@Injectable()
export class AnswerShape implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const route = routeOf(context);
    if (route === undefined) return next.handle();
    return next
      .handle()
      .pipe(map((answer: unknown) => (route.status === 204 ? undefined : route.response.parse(answer))));
  }
}
