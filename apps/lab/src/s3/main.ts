// The lab's S3 server as a process. Prints one JSON line when it listens; SIGTERM ends it.
import { Command } from 'commander';
import { readFileSync } from 'node:fs';
import { startS3Server } from './start-s3-server';

interface Options {
  dir: string;
  port: string;
  controlPort?: string;
  accessKey: string;
  secretKeyFile: string;
  bytesMax?: string;
  bucket?: string;
}

async function main(): Promise<void> {
  const options = new Command('lab-s3')
    .requiredOption('--dir <directory>', 'where objects are kept')
    .requiredOption('--access-key <key>')
    .requiredOption('--secret-key-file <file>', 'file that holds the secret key')
    .option('--port <port>', '0 takes a free one', '0')
    .option('--control-port <port>', 'serves POST and DELETE /faults; 0 takes a free one')
    .option('--bucket <name>', 'a bucket that is made when it is missing')
    .option('--bytes-max <bytes>', 'the simulated disk is full after this many bytes')
    .parse()
    .opts<Options>();
  const server = await startS3Server({
    directory: options.dir,
    port: Number(options.port),
    controlPort: options.controlPort === undefined ? null : Number(options.controlPort),
    credentials: {
      accessKey: options.accessKey,
      secretKey: readFileSync(options.secretKeyFile, 'utf8').trim(),
    },
    bytesMax: options.bytesMax === undefined ? Number.POSITIVE_INFINITY : Number(options.bytesMax),
    ...(options.bucket === undefined ? {} : { bucket: options.bucket }),
  });
  process.stdout.write(
    `${JSON.stringify({ event: 's3.listening', port: server.port, controlPort: server.controlPort })}\n`,
  );
  process.once('SIGTERM', () => void server.close().then(() => process.exit(0)));
}

main().catch((error: unknown) => {
  process.stderr.write(`lab-s3: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
