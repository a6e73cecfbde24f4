#!/usr/bin/env node
import { constants } from "node:os";
import { run } from "./run.js";

const controller = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  const code = 128 + constants.signals[signal];
  process.on(signal, () => {
    if (controller.signal.aborted) process.exit(code);
    controller.abort(code);
  });
}
// Whoever reads our output may leave (EPIPE): the events are delivered all the same, and tail sees it for itself.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});

// Nothing of a transport keeps the process, and so a connection that is being made would not.
setInterval(() => {}, 2 ** 30);
const { stdin, stdout, stderr, env } = process;
const code = await run(process.argv.slice(2), { stdin, stdout, stderr, env, interrupted: controller.signal });
// What is written is out before the end, and an open stdin or a half-open socket does not delay it.
stdout.write("", () => process.exit(code));
