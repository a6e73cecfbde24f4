import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { told } from "@streamll/core/internal";
import { UsageError } from "./exit.js";

/** A file or a directory that the command line names cannot be opened: the command line is wrong. */
export const unopened = (path: string, error: unknown, use: "read" | "written" = "read"): UsageError => {
  const code = codeOf(error);
  return new UsageError(`${told(path)} ${reasons[use][code] ?? `cannot be ${use} (${code})`}`);
};

/** @throws UsageError for what is no file that can be read. */
export async function refuseUnreadable(path: string): Promise<void> {
  try {
    if ((await stat(path)).isDirectory()) throw Object.assign(new Error(), { code: "EISDIR" });
    await access(path, constants.R_OK);
  } catch (error) {
    throw unopened(path, error);
  }
}

export const codeOf = (error: unknown): string => String((error as NodeJS.ErrnoException).code ?? error);

const both = { ENOTDIR: "is no directory", EISDIR: "is a directory" } as const;

const reasons: Readonly<Record<"read" | "written", Readonly<Record<string, string>>>> = {
  read: { ...both, ENOENT: "does not exist", EACCES: "cannot be read for lack of permission" },
  written: {
    ...both,
    ENOENT: "cannot be written: there is no such folder",
    EACCES: "cannot be written for lack of permission",
    EEXIST: "is there already: name another file",
  },
};
