/** Pieces on disk (DEVICE TYPE DISK): files under the very name FORMAT makes, written by the server process itself. */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { emptyInfo, type PieceInfo } from '../sbt/media-channel';
import { RmanError } from './rman-error';

/** What a piece needs of where it is kept; MediaChannel is the other one. */
export interface PieceMedia {
  backup(name: string, options: { dbName: string; dbid: number; blockBytes: number; copy: number }): void;
  write(block: Buffer): void;
  close(options?: { abort?: boolean }): void;
  restore(name: string, blockBytes: number): void;
  read(block: Buffer): boolean;
  info(names: string[]): PieceInfo[];
  remove(names: string[]): void;
  command(text: string): void;
  end(): void;
}

interface OpenFile {
  fd: number;
  path: string;
  writing: boolean;
}

export class DiskMedia implements PieceMedia {
  private open: OpenFile | undefined;

  backup(path: string): void {
    if (existsSync(path)) throw existingFile(path);
    mkdirSync(dirname(path), { recursive: true });
    this.open = { fd: openSync(path, 'wx'), path, writing: true };
  }

  write(block: Buffer): void {
    const { fd, path } = this.current();
    if (writeSync(fd, block) !== block.length)
      throw new RmanError([`ORA-19502: write error on file "${path}"`]);
  }

  close({ abort = false }: { abort?: boolean } = {}): void {
    const { fd, path, writing } = this.current();
    this.open = undefined;
    if (writing && !abort) fsyncSync(fd);
    closeSync(fd);
    if (writing && abort) rmSync(path, { force: true });
  }

  restore(path: string): void {
    if (!existsSync(path)) throw missingFile(path);
    this.open = { fd: openSync(path, 'r'), path, writing: false };
  }

  read(block: Buffer): boolean {
    const got = readSync(this.current().fd, block);
    if (got < block.length) block.fill(0, got);
    return got > 0;
  }

  info(names: string[]): PieceInfo[] {
    return names.map((name) => ({ ...emptyInfo(name), found: existsSync(name) }));
  }

  remove(names: string[]): void {
    for (const path of names) {
      if (!existsSync(path)) throw missingFile(path);
      rmSync(path);
    }
  }

  /** SEND means nothing to a disk channel. */
  command(): void {
    throw new RmanError(['ORA-27194: skgfdvcmd: sbtcommand returned error']);
  }

  end(): void {
    if (this.open !== undefined) this.close({ abort: true });
  }

  private current(): OpenFile {
    if (this.open === undefined) throw new Error('no piece is open');
    return this.open;
  }
}

/** Nothing is ever written over. */
export function existingFile(path: string): RmanError {
  return new RmanError([
    `ORA-19504: failed to create file "${path}"`,
    'ORA-27038: created file already exists',
    'Additional information: 1',
  ]);
}

export function missingFile(path: string): RmanError {
  return new RmanError([
    `ORA-19505: failed to identify file "${path}"`,
    'ORA-27037: unable to obtain file status',
    'Linux-x86_64 Error: 2: No such file or directory',
    'Additional information: 3',
  ]);
}
