/** An open file of a spool. Every function throws, or rejects with, what the file system answers. */
export interface DiskFile {
  /** Writes at a position, and returns how many bytes the file system took. */
  write(bytes: Buffer, at: number): number;
  /** As {@link write}, without holding the event loop. */
  writeLater(bytes: Buffer, at: number): Promise<number>;
  /** Fills `target` from a position, and returns how many bytes there were. */
  read(target: Buffer, at: number): number;
  readLater(target: Buffer, at: number): Promise<number>;
  /** What was written is on the disk, and not only in the memory of the operating system. */
  sync(): Promise<void>;
  close(): void;
}

/** The folder of one spool: the file system as the spool sees it, so that a test can let each call fail. */
export interface Disk {
  /** The names and sizes of all files. */
  list(): readonly { readonly name: string; readonly size: number }[];
  /** Makes a file that must not exist yet, readable by its owner alone. */
  create(name: string): DiskFile;
  open(name: string): DiskFile;
  rename(from: string, to: string): void;
  remove(name: string): void;
  /** The names of new, renamed and removed files are on the disk too. */
  syncFolder(): Promise<void>;
}
