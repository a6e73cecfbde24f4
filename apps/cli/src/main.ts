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
// The reader of our output may leave (EPIPE): pipe delivers its events nevertheless, and tail handles it itself.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});

// Transports never keep the process alive, not even while a connection is being made.
setInterval(() => {}, 2 ** 30);
const { stdin, stdout, stderr, env } = process;
const code = await run(process.argv.slice(2), { stdin, stdout, stderr, env, interrupted: controller.signal });
// All output is flushed before the end, which an open stdin or a half-open socket does not delay.
stdout.write("", () => (interruptedBy === undefined ? process.exit(code) : dieOf(interruptedBy)));

/** Ends by the signal itself, as shells expect of an interrupted program; `exit` would wait for a read that hangs. */
function dieOf(signal: NodeJS.Signals): void {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}
