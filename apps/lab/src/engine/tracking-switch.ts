/** Block change tracking of an open database, on or off. */
import { existsSync, rmSync } from 'node:fs';
import { type ControlFileStore } from '../control-file/control-file-store';
import { type Scn } from '../formats/scn';
import { OraError } from '../instance/ora-error';
import { ChangeTracking } from './change-tracking';

export class TrackingSwitch {
  /** Undefined while it is disabled. */
  current: ChangeTracking | undefined;

  /** A tracking file that is gone leaves it disabled, as on a real host. */
  constructor(private readonly store: ControlFileStore) {
    const path = store.current.changeTracking?.name;
    if (path !== undefined && existsSync(path)) this.current = ChangeTracking.open(path);
  }

  /** Throws ORA-19755 when it is enabled already. */
  enable(path: string, scn: Scn): void {
    if (this.current !== undefined) throw new OraError(19755, 'block change tracking is already enabled');
    this.current = ChangeTracking.create(path, this.store.current.dataFiles, scn);
    this.store.update((controlFile) => (controlFile.changeTracking = { name: path }));
  }

  /** Throws ORA-19759 when it is disabled already. */
  disable(): void {
    if (this.current === undefined) throw new OraError(19759, 'block change tracking is not enabled');
    this.current.close();
    rmSync(this.current.path, { force: true });
    this.current = undefined;
    this.store.update((controlFile) => {
      delete controlFile.changeTracking;
    });
  }

  close(): void {
    this.current?.close();
  }
}
