// Makes 100,000 streamed model calls, with various readers, and prints the heap in MB after each tenth, to show what memory
// stays. For one way alone: `npx tsx memory.ts 100000 "never read"`.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type CallHandle, configure, openCall } from "@streamll/core";
import OpenAI from "openai";
import { recordOpenAI } from "../../src/openai/index.js";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

const calls = Number(process.argv[2] ?? 100_000);
const only = process.argv[3];
let events = 0;
const done = { sent: 0, failed: 0, dropped: 0, rejected: 0, pending: 0, durationMs: 0 } as never;
const sink = { handleEvent: () => ++events > 0, flush: async () => done, stop: async () => done };
const streamll = configure({ sinks: [sink], logger: { debug() {}, info() {}, warn() {}, error() {} } });

const chunk = (content: string) => ({
  model: "m",
  choices: [{ index: 0, delta: { content }, finish_reason: null }],
});
const body = [...[..."abcde"].map((text) => JSON.stringify(chunk(text))), "[DONE]"]
  .map((data) => `data: ${data}\n\n`)
  .join("");
const headers = { "content-type": "text/event-stream" };
const client = recordOpenAI(new OpenAI({ apiKey: "k", fetch: async () => new Response(body, { headers }) }));
const request = { model: "m", messages: [{ role: "user" as const, content: "why?" }], stream: true as const };
const stream = () => client.chat.completions.create(request);

const ways: Record<string, () => Promise<unknown>> = {
  async "read to their end"() {
    for await (const _ of await stream());
  },
  async "broken off"() {
    for await (const _ of await stream()) break;
  },
  async "never read"() {
    await stream();
  },
  // These are never ended.
  async "opened and forgotten"() {
    const call: CallHandle = openCall("generate", { kind: "llm" });
    call.token("a");
  },
};

for (const [way, run] of Object.entries(ways)) {
  if (only !== undefined && only !== way) continue;
  const heap: number[] = [];
  for (let tenth = 0; tenth < 10; tenth++) {
    for (let begun = 0; begun < calls / 10; begun += 100) await Promise.all(Array.from({ length: 100 }, run));
    for (let n = 0; n < 3; n++) {
      collect();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    heap.push(Math.round(process.memoryUsage().heapUsed / 1e5) / 10);
  }
  console.log(`${calls} ${way}: ${heap.join(" ")} MB, ${events} events`);
}
await streamll.stop();
process.exit();
