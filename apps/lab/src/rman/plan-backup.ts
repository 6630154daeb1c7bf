/** Turns the specifications of a BACKUP command into the steps its channels work off. */
import { existsSync } from 'node:fs';
import { claimFault, faultLines } from '../faults/rman-faults';
import { type BackupOptions, type BackupSpec, type BackupStatement } from './ast';
import { type Plan, setOptions } from './backup-plan';
import { ChannelError, type Channel } from './channel';
import { isAutobackupOn, isEncryptionOn } from './configuration';
import { planDataFiles, planValidation } from './plan-data-files';
import { planLogs } from './plan-logs';
import { labLines } from './lab-error';
import { RmanError } from './rman-error';
import { type Session } from './session';
import { type Step } from './work-queue';

/** Empty when nothing matches; what was left out is printed. */
export async function planBackup(
  session: Session,
  statement: BackupStatement,
  channels: Channel[],
): Promise<Step[]> {
  const steps: Step[] = [];
  const tag = statement.options.tag ?? defaultTag(session.now());
  const device = statement.device ?? channels[0]?.device ?? 'DISK';
  for (const spec of statement.specs) {
    const controlFile = await session.target.instance.readControlFile({});
    const plan: Plan = { session, statement, controlFile, tag, device, channels: channels.length };
    steps.push(...(await planSpec(plan, spec)).map((step) => guarded(plan, step)));
  }
  return steps;
}

/** What a server process refuses before it opens a piece. */
function guarded({ session, controlFile, device, statement }: Plan, step: Step): Step {
  const isEncrypted = session.encryption ?? isEncryptionOn(controlFile);
  return {
    device,
    ...step,
    run: async (channel) => {
      const where = { channel: channel.name };
      for (const fault of ['encryption-needs-osb', 'wallet-closed'] as const) {
        if (claimFault(session.target.base, fault, where))
          throw new ChannelError(channel.name, faultLines(fault));
      }
      if (isEncrypted && !statement.validate && device === 'SBT_TAPE') {
        throw new ChannelError(channel.name, faultLines('encryption-needs-osb'));
      }
      if (isEncrypted && !statement.validate) throw new RmanError(labLines('ENCRYPTION of backups on disk'));
      await step.run(channel);
    },
  };
}

async function planSpec(plan: Plan, { what, options: own }: BackupSpec): Promise<Step[]> {
  const options = { ...plan.statement.options, ...own };
  switch (what.kind) {
    case 'archived-logs':
      if (plan.statement.as === 'copy') throw new RmanError(labLines('AS COPY of archived logs'));
      return planLogs(plan, what.range, options);
    case 'control-file':
      return [controlStep(plan, options, { controlFile: true, spfile: null })];
    case 'spfile':
      return [controlStep(plan, options, { controlFile: false, spfile: spfileOf(plan.session) })];
    default: {
      if (plan.statement.validate) return planValidation(plan, what, options);
      const { steps, files } = await planDataFiles(plan, what, options);
      const { serverParameterFile } = plan.session.target;
      // File 1 takes the control file along, unless the autobackup does.
      if (files.includes(1) && !isAutobackupOn(plan.controlFile)) {
        const spfile = existsSync(serverParameterFile) ? serverParameterFile : null;
        steps.push(controlStep(plan, options, { controlFile: true, spfile }));
      } else if (options.includeControlFile === true) {
        steps.push(controlStep(plan, options, { controlFile: true, spfile: null }));
      }
      return steps;
    }
  }
}

function controlStep(
  plan: Plan,
  options: BackupOptions,
  content: { controlFile: boolean; spfile: string | null },
): Step {
  return {
    channel: options.channel ?? null,
    run: async (channel) => {
      const job = { kind: 'backup-control', ...content, autobackup: false } as const;
      await channel.run({ ...job, options: setOptions(plan, options, { channel, of: 'DATAFILE' }) });
    },
  };
}

function spfileOf({ target }: Session): string {
  const path = target.serverParameterFile;
  if (existsSync(path)) return path;
  throw new RmanError(['RMAN-06062: can not backup SPFILE because the instance was not started with SPFILE']);
}

/** TAG20261124T043000. */
function defaultTag(at: Date): string {
  return `TAG${at.toISOString().slice(0, 19).replace(/[-:]/g, '')}`;
}
