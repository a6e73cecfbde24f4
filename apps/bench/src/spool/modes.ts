import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RabbitMQSinkOptions } from "@streamll/sink";

type Spool =
  | Exclude<Exclude<RabbitMQSinkOptions["spool"], string | undefined>["fsync"], undefined>
  | "overflow";

/** How events are kept on disk; the first is without. */
export const modes = ["none", "interval", "always", "never", "overflow"] as const;
export type Mode = "none" | Spool;

export const titles: Readonly<Record<Mode, string>> = {
  none: "no spool",
  interval: '`fsync: "interval"`, the default',
  always: '`fsync: "always"`',
  never: '`fsync: "never"`',
  overflow: '`mode: "overflow"`',
};

const made: string[] = [];
process.on("exit", () => {
  for (const directory of made) rmSync(directory, { recursive: true, force: true });
});

/** The option, with a directory that goes when the process ends. */
export function spoolFor(mode: Mode): Pick<RabbitMQSinkOptions, "spool"> {
  if (mode === "none") return {};
  const directory = mkdtempSync(join(tmpdir(), "bench-"));
  made.push(directory);
  return { spool: mode === "overflow" ? { directory, mode } : { directory, fsync: mode } };
}
