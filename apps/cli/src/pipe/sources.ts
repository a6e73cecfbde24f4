import { createReadStream } from "node:fs";
import { addAbortSignal, type Readable } from "node:stream";
import { told } from "@streamll/core/internal";
import { Failure, UsageError } from "../exit.js";
import { codeOf, refuseUnreadable } from "../named-file.js";
import type { Shell } from "../shell.js";
import { type Line, LineCutter } from "./lines.js";

/** Where lines come from. */
export interface Source {
  /** Its name in reports. */
  readonly name: string;
  open(): Readable;
}

export type PlacedLine = Line & { readonly source: string };

/**
 * The sources to read, checked before anything is sent.
 *
 * @throws UsageError for a file that cannot be read.
 */
export async function sourcesOf(files: readonly string[], { stdin }: Shell): Promise<Source[]> {
  const names = files.length === 0 ? ["-"] : files;
  if (names.filter((name) => name === "-").length > 1)
    throw new UsageError("stdin (-) can be read only once");
  for (const name of names) if (name !== "-") await refuseUnreadable(name);
  return names.map((name) =>
    name === "-"
      ? { name: "stdin", open: () => stdin }
      : { name: told(name), open: () => createReadStream(name) },
  );
}

/** The lines of all sources, read no faster than they are taken. Ends early, without an error, when `signal` aborts. */
export async function* linesOf(
  sources: readonly Source[],
  signal: AbortSignal,
): AsyncGenerator<PlacedLine[]> {
  for (const { name, open } of sources) {
    if (signal.aborted) return;
    const cutter = new LineCutter();
    const placed = (lines: Iterable<Line>) => Array.from(lines, (line) => ({ ...line, source: name }));
    try {
      for await (const chunk of addAbortSignal(signal, open())) yield placed(cutter.push(chunk));
    } catch (error) {
      if (signal.aborted) return;
      throw new Failure(`${name} could not be read to its end (${codeOf(error)})`);
    }
    yield placed(cutter.end());
  }
}
