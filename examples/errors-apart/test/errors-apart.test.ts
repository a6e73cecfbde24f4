import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { MemoryBroker } from "@streamll/transport-memory";
import { expect, it } from "vitest";
import { program, recordErrorsApart } from "../src/errors-apart.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));

it("errors and other events go to queues of their own, with the priorities of the guide", async () => {
  const name = randomUUID();
  const streamll = recordErrorsApart(`memory:${name}`);
  await program();
  await streamll.stop();
  const broker = MemoryBroker.named(name);
  const found = (queue: string) =>
    broker.consume(queue).map(({ type, priority, routingKey }) => [type, priority, routingKey]);
  expect(found("dspy_events.errors")).toEqual([["error", 10, "errors.RAGModule"]]);
  expect(found("dspy_events.events").map(([type, priority]) => [type, priority])).toEqual([
    ["start", 1],
    ["end", 1],
    ["start", 1],
  ]);
});

it("the program tells the team on call of the error first", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", main, "memory:"], {
    cwd: root,
  });
  expect(stdout.trimEnd().split("\n")).toEqual([
    "ALERT RAGModule: no question",
    "RAGModule start",
    "RAGModule end",
    "RAGModule start",
  ]);
});
