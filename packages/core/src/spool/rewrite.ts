import type { DiskFile } from "./disk.js";
import { entriesOf, FRAME_HEAD, isIntact } from "./frame.js";
import { FrameScanner } from "./scanner.js";

/**
 * Writes the frames of a file behind its first `synced` bytes again, where they are, so that the next sync has to bring
 * them to the disk: after one that failed, the operating system may take them for written. Returns the indices of the
 * events that the file holds. A frame that cannot be read back whole is left alone: some file systems throw away what
 * they could not write.
 *
 * @throws what the file system answers.
 */
export async function rewrite(file: DiskFile, synced: number, size: number): Promise<ReadonlySet<number>> {
  const indices = new Set<number>();
  const scanner = new FrameScanner(file);
  for (let frame = scanner.next(size); frame !== undefined; frame = scanner.next(size)) {
    if (frame === "read") {
      await scanner.readLater(size);
      continue;
    }
    const { source } = scanner.memory;
    if (!isIntact(source, frame)) continue;
    for (const entry of entriesOf(source, frame)) indices.add(source.readDoubleLE(entry));
    if (scanner.offset <= synced) continue;
    const bytes = source.subarray(frame.from - FRAME_HEAD, frame.to);
    const at = scanner.offset - bytes.length;
    for (let done = 0; done < bytes.length; )
      done += some(await file.writeLater(bytes.subarray(done), at + done));
  }
  return indices;
}

/** How many bytes a write took, which must be some. */
export function some(taken: number): number {
  if (taken === 0) throw new Error("the file system took nothing");
  return taken;
}
