import { basename, resolve } from "node:path";
import { foldersAt } from "@streamll/sink/internal";
import { cell } from "../dlq/text.js";
import { unopened } from "../named-file.js";

/** The folders of a directory. @throws UsageError where it cannot be read. */
export function foldersOf(path: string): string[] {
  try {
    return foldersAt(resolve(path));
  } catch (error) {
    throw unopened(path, error);
  }
}

/** The name of a folder in a message. */
export const nameOf = (folder: string): string => cell(basename(folder));

export function bytesText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}
