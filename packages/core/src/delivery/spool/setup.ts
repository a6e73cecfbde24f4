import type { Disk, SpoolLimits } from "../../spool/spool.js";

/** Where accepted events are kept on disk until they are settled. */
export interface SpoolSetup extends SpoolLimits {
  /** Whether a folder that cannot be written fails `start()`, and refuses events. */
  readonly required: boolean;
  /** Takes a folder that no other program has. */
  open(): Promise<SpoolFolder>;
}

/** A folder that belongs to this program until it is released. */
export interface SpoolFolder {
  readonly disk: Disk;
  /** For a log line: the folder's path. */
  readonly path: string;
  release(): Promise<void>;
}
