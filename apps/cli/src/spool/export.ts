import { createWriteStream } from "node:fs";
import { Readable, type Readable as Source, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { BODY, endOf, type LeftEvent, printableJson, startOf, told } from "@streamll/core/internal";
import { bar, counted, number } from "../dlq/text.js";
import { drawProgress } from "../draw-progress.js";
import { exitCode, Failure } from "../exit.js";
import { codeOf, unopened } from "../named-file.js";
import { decode } from "../tail/decode.js";
import { eventsOf, type ReadFile, readingOf } from "./read.js";
import type { Task } from "./task.js";
import { tellProblems } from "./verify.js";

export async function exportEvents(task: Task): Promise<number> {
  const { folders, file, args, shell, notes } = task;
  const { stderr, interrupted: signal } = shell;
  const reading = readingOf(folders);
  const files: ReadFile[] = [];
  const count = { exported: 0, noEvents: 0 };
  async function* lines(): AsyncGenerator<string> {
    for await (const events of eventsOf(reading, signal, (read) => files.push(read))) {
      const found = events.map(wireJson).filter((json) => json !== undefined);
      count.exported += found.length;
      count.noEvents += events.length - found.length;
      if (found.length > 0) yield `${found.join("\n")}\n`;
    }
  }
  const line = () => `${bar(reading.done, reading.bytes)} ${number(count.exported)} exported`;
  const hide = drawProgress(notes, stderr.isTTY && !args.has("quiet"), line);
  try {
    await written(Readable.from(lines()), task);
  } finally {
    hide();
  }
  const isWhole = tellProblems(files, notes);
  if (count.noEvents > 0) notes.error(`${counted(count.noEvents, "message")} left out: no event is in it`);
  const unreadable = files.reduce((sum, one) => sum + one.unreadable, 0);
  // On stdout are the events.
  if (args.has("json") && file !== "-") shell.stdout.write(`${JSON.stringify({ ...count, unreadable })}\n`);
  if (!args.has("quiet")) notes.info(`${counted(count.exported, "event")} exported`);
  if (signal.aborted) return Number(signal.reason);
  return isWhole && count.noEvents === 0 ? exitCode.done : exitCode.partial;
}

/** @throws UsageError where the file cannot be opened or is there already; Failure where it cannot be written. */
async function written(lines: Source, { file, shell }: Task): Promise<void> {
  try {
    if (file === "-") return await pipeline(lines, shell.stdout as Writable, { end: false });
    const target = createWriteStream(file, { flags: "wx", mode: 0o600, flush: true });
    await (file.endsWith(".gz") ? pipeline(lines, createGzip(), target) : pipeline(lines, target));
  } catch (error) {
    const code = codeOf(error);
    // Who read it has seen enough.
    if (file === "-" && code === "EPIPE") return;
    if (file === "-") throw error;
    if ((error as NodeJS.ErrnoException).syscall === "open") throw unopened(file, error, "written");
    throw new Failure(`${told(file)} cannot be written (${code})`);
  }
}

/** An event as `pipe` reads it: also the one in a CloudEvent. `undefined` for what is none. */
function wireJson(place: LeftEvent): string | undefined {
  const body = place.source.subarray(startOf(place, BODY), endOf(place, BODY));
  const received = decode(body) ?? decode(dataOf(body));
  return received && printableJson(received.json);
}

function dataOf(body: Buffer): Buffer {
  try {
    return Buffer.from(
      JSON.stringify((JSON.parse(body.toString("utf8")) as { data?: unknown }).data ?? null),
    );
  } catch {
    return Buffer.alloc(0);
  }
}
