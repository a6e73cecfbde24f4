import type { Disk, SpoolLimits } from "../../spool/spool.js";

/** Whether each accepted event goes to the disk, or only those for which memory has no room. */
export type SpoolMode = "write-ahead" | "overflow";

/** Where accepted events are kept on disk until they are settled. */
export interface SpoolSetup extends SpoolLimits {
  readonly mode: SpoolMode;
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
