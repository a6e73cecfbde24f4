// `streamll ui` in a process of its own: of a broker, or of events that it makes itself as fast as it takes them.
import { PassThrough, Readable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { run } from "streamll/run";
import { linesOf } from "./events.js";
import type { Held } from "./held.js";

const [source = "", exchange = "", count = "0", sampleEach = "1"] = process.argv.slice(2);
const gc = globalThis.gc;
if (gc === undefined) throw new Error("this runs with --expose-gc");
const stdout = new PassThrough();
const ended = new AbortController();
stdout.once("data", (line) => process.send!({ address: String(line).trim() }));
process.on("message", async (message: { readonly done: number } | "end") => {
  if (message === "end") return ended.abort(0);
  process.send!(await held(message.done));
});
const shell = {
  stdin: source === "-" ? Readable.from(events(), { objectMode: false }) : Readable.from([]),
  ...{ stdout, stderr: process.stderr, env: {}, interrupted: ended.signal },
};
const options = source === "-" ? [] : ["--exchange", exchange];
const code = await run(["ui", source, "--quiet", ...options], shell);
if (code !== 0) throw new Error(`ui ended with ${code}`);
process.disconnect();

/** At least a turn of the event loop each, so that the page is served meanwhile. */
async function* events(): AsyncGenerator<Buffer> {
  let [done, next] = [0, Number(sampleEach)];
  for (const { text, events } of linesOf(Number(count))) {
    yield text;
    done += events;
    await setImmediate();
    if (done < next) continue;
    process.send!(await held(done));
    next += Number(sampleEach);
  }
}

async function held(done: number): Promise<Held> {
  for (let round = 0; round < 3; round++) {
    await setImmediate();
    gc!();
  }
  const { heapUsed, rss } = process.memoryUsage();
  return { done, heapBytes: heapUsed, rssBytes: rss };
}
