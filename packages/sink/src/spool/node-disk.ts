import * as fs from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Disk, DiskFile, ReadableDisk } from "@streamll/core/internal";

const write = promisify(fs.write);
const read = promisify(fs.read);
const fdatasync = promisify(fs.fdatasync);

/** A folder of the file system, to look at alone: its owner may be writing it. */
export const readOnlyDisk = (folder: string): ReadableDisk => ({
  list() {
    const entries = fs.readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
    return entries.flatMap(({ name }) => {
      const size = fs.statSync(join(folder, name), { throwIfNoEntry: false })?.size;
      return size === undefined ? [] : [{ name, size }];
    });
  },
  open: (name) => nodeFile(fs.openSync(join(folder, name), "r")),
});

/** A folder of the file system. */
export const nodeDisk = (folder: string): Disk => ({
  list: readOnlyDisk(folder).list,
  create: (name) => nodeFile(fs.openSync(join(folder, name), "wx+", 0o600)),
  open: (name) => nodeFile(fs.openSync(join(folder, name), "r+")),
  rename: (from, to) => fs.renameSync(join(folder, from), join(folder, to)),
  remove: (name) => fs.unlinkSync(join(folder, name)),
  async syncFolder() {
    // Windows opens no folder as a file.
    if (process.platform === "win32") return;
    const handle = await fs.promises.open(folder, "r");
    try {
      await handle.sync();
    } catch (error) {
      // Some file systems, such as those of containers' hosts, know no sync of a folder.
      if (!["EINVAL", "ENOTSUP", "ENOSYS"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    } finally {
      await handle.close();
    }
  },
});

/** Closed at once, a file that is being read or written beside the program would hand its number to another file. */
function nodeFile(fd: number): DiskFile {
  let busy = 0;
  let isClosing = false;
  const closeWhenIdle = () => {
    if (isClosing && busy === 0) fs.closeSync(fd);
  };
  /** From then on its number may be another file's. */
  const open = (): number => {
    if (isClosing) throw new Error("the file is closed");
    return fd;
  };
  const beside = async <T>(work: (fd: number) => Promise<T>): Promise<T> => {
    const number = open();
    busy++;
    try {
      return await work(number);
    } finally {
      busy--;
      closeWhenIdle();
    }
  };
  return {
    write: (bytes, at) => fs.writeSync(open(), bytes, 0, bytes.length, at),
    writeLater: (bytes, at) =>
      beside((fd) => write(fd, bytes, 0, bytes.length, at)).then(({ bytesWritten }) => bytesWritten),
    read: (target, at) => fs.readSync(open(), target, 0, target.length, at),
    readLater: (target, at) =>
      beside((fd) => read(fd, target, 0, target.length, at)).then(({ bytesRead }) => bytesRead),
    sync: () => beside((fd) => fdatasync(fd)),
    close() {
      if (isClosing) return;
      isClosing = true;
      closeWhenIdle();
    },
  };
}
