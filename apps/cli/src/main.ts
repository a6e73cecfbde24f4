#!/usr/bin/env node
import { constants } from "node:os";
import { run } from "./run.js";

const controller = new AbortController();
let interruptedBy: NodeJS.Signals | undefined;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    if (interruptedBy !== undefined) dieOf(signal);
    interruptedBy = signal;
    controller.abort(128 + constants.signals[signal]);
  });
}
// Whoever reads our output may leave (EPIPE): the events are delivered all the same, and tail sees it for itself.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});

// Nothing of a transport keeps the process, and so a connection that is being made would not.
setInterval(() => {}, 2 ** 30);
const { stdin, stdout, stderr, env } = process;
const code = await run(process.argv.slice(2), { stdin, stdout, stderr, env, interrupted: controller.signal });
// What is written is out before the end, and an open stdin or a half-open socket does not delay it.
stdout.write("", () => (interruptedBy === undefined ? process.exit(code) : dieOf(interruptedBy)));

/** By the signal itself, as a shell expects of who was interrupted; `exit` would wait for a read that hangs. */
function dieOf(signal: NodeJS.Signals): void {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}
