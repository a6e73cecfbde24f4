import { basename, resolve } from "node:path";
import { told } from "@streamll/core/internal";
import { foldersAt } from "@streamll/sink/internal";
import { cell } from "../dlq/text.js";
import { Failure } from "../exit.js";

/** The folders of a directory. @throws Failure where it cannot be read. */
export function foldersOf(path: string): string[] {
  try {
    return foldersAt(resolve(path));
  } catch (error) {
    const code = codeOf(error);
    throw new Failure(`${told(path)} ${reasons[code] ?? `cannot be read (${code})`}`);
  }
}

export const codeOf = (error: unknown): string => String((error as NodeJS.ErrnoException).code ?? error);

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "does not exist",
  ENOTDIR: "is no directory",
  EACCES: "cannot be read for lack of permission",
};

/** The name of a folder in a message. */
export const nameOf = (folder: string): string => cell(basename(folder));

export function bytesText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}
