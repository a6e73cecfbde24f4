import { onExit } from "signal-exit";
import { configure, emit, stopOnSignals } from "../../../src/index.js";
import { nothing } from "./nothing.js";

// The first argument names how the sink's stop behaves: "fast", "slow", "hangs" or "fails"; the second, what else listens.
const [manner, extra = ""] = process.argv.slice(2);
const held: string[] = [];
let stops = 0;
let stopped = false;

const sink = {
  handleEvent: (event: object) => !stopped && held.push(JSON.stringify(event)) > 0,
  flush: async () => nothing,
  stop: async () => {
    stopped = true;
    console.log(`stop ${++stops}`);
    if (manner === "fails") throw new Error("no");
    await new Promise((resolve) =>
      setTimeout(resolve, manner === "hangs" ? 60_000 : manner === "slow" ? 50 : 0),
    );
    console.log(`delivered ${held.length}`);
    return nothing;
  },
};

/** Behaves like a server that closes while a request is in flight. */
const close = () => {
  console.log("closing");
  setTimeout(() => {
    console.log(`in flight ${emit("late")}`);
    clearInterval(alive);
  }, 100);
};
const closeOnce = () => {
  process.off("SIGTERM", closeOnce);
  close();
};

if (extra === "once before") process.once("SIGTERM", close);
if (extra === "signal-exit") onExit((code, signal) => console.log(`signal-exit ${code} ${signal}`));
const dispose = stopOnSignals(undefined, { timeoutMs: extra === "bounded" ? 200 : undefined });
if (extra === "disposed") dispose();
if (extra === "once after") process.once("SIGTERM", close);
if (extra === "once before all others") process.prependOnceListener("SIGTERM", close);
if (extra === "always") process.on("SIGTERM", close);
if (extra === "one that removes itself") process.prependListener("SIGTERM", closeOnce);
if (extra === "one that signals again") {
  process.once("SIGTERM", () => {
    console.log("closing");
    setTimeout(() => {
      console.log(`in flight ${emit("late")}`);
      process.kill(process.pid, "SIGTERM");
    }, 100);
  });
}
if (extra === "exit") {
  process.on("SIGTERM", () => {
    console.log("handler");
    process.exit(7);
  });
}
if (extra === "twice") stopOnSignals({ stop: () => new Promise((resolve) => setTimeout(resolve, 200)) });
configure({ sinks: [sink] });
emit("note");
const alive = setInterval(() => {}, 1000);
if (extra === "ends") {
  clearInterval(alive);
}
console.log("ready");
