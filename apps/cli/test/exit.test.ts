import { getEventListeners } from "node:events";
import { PassThrough } from "node:stream";
import { expect, it, onTestFinished, vi } from "vitest";
import { unlessAborted } from "../src/exit.js";
import { run } from "../src/run.js";

it("many steps under one signal leave no listener, and Node warns of none", async () => {
  const warned = vi.fn();
  process.on("warning", warned);
  onTestFinished(() => void process.off("warning", warned));
  const interrupt = new AbortController();
  for (let n = 0; n < 12; n++) expect(await unlessAborted(Promise.resolve(n), interrupt.signal)).toBe(n);
  await new Promise(setImmediate);
  expect(warned).not.toHaveBeenCalled();
  expect(getEventListeners(interrupt.signal, "abort")).toEqual([]);
  const endless = unlessAborted(new Promise(() => {}), interrupt.signal);
  interrupt.abort();
  expect(await endless).toBeUndefined();
  expect(await unlessAborted(new Promise(() => {}), interrupt.signal)).toBeUndefined();
});

it("top listens no more often after its third look than after its first", async () => {
  const interrupt = new AbortController();
  const stdout = new PassThrough();
  // Nobody is there; of streams nothing is asked over AMQP, and the look tells that the HTTP API is silent.
  const args = ["top", "--json", "--interval", "1", "rabbitmq-stream://127.0.0.1:1/"];
  const ended = run([...args, "--management-url", "http://127.0.0.1:1"], {
    ...{ stdin: new PassThrough(), stdout, stderr: new PassThrough().resume(), env: {} },
    interrupted: interrupt.signal,
  });
  const listening: number[] = [];
  stdout.on("data", () => {
    // Once the look is over, and the pause has begun.
    setImmediate(() => listening.push(getEventListeners(interrupt.signal, "abort").length));
  });
  await vi.waitFor(() => expect(listening).toHaveLength(3), { timeout: 20_000 });
  interrupt.abort(130);
  expect(await ended).toBe(130);
  expect(new Set(listening).size).toBe(1);
});
