// The doctor's report over HTTP.
import { restRoutes } from '@adyton/contracts';
import { Controller, Inject } from '@nestjs/common';
import { Handles, type AnswerOf } from '../http/handles';
import { Doctor } from './doctor';

@Controller()
export class DoctorController {
  constructor(@Inject(Doctor) private readonly doctor: Doctor) {}

  @Handles(restRoutes.doctor)
  async report(): Promise<AnswerOf<typeof restRoutes.doctor>> {
    return { checks: await this.doctor.examine() };
  }
}
