import { configure, emit, stopOnSignals } from "../../../src/index.js";
import { nothing } from "./nothing.js";

// What a sink's stop does: "fast", "slow", "hangs", "fails"; what the program has beside it: "handler", "disposed".
const [manner, extra] = process.argv.slice(2);
const held: string[] = [];
let stops = 0;

const sink = {
  handleEvent: (event: object) => held.push(JSON.stringify(event)) > 0,
  flush: async () => nothing,
  stop: async () => {
    console.log(`stop ${++stops}`);
    if (manner === "fails") throw new Error("no");
    await new Promise((resolve) =>
      setTimeout(resolve, manner === "hangs" ? 60_000 : manner === "slow" ? 50 : 0),
    );
    console.log(`delivered ${held.length}`);
    return nothing;
  },
};

const dispose = stopOnSignals();
if (extra === "disposed") dispose();
if (extra === "handler") {
  process.on("SIGTERM", () => {
    console.log("handler");
    setTimeout(() => process.exit(7), 200);
  });
}
configure({ sinks: [sink] });
emit("note");
const alive = setInterval(() => {}, 1000);
if (extra === "ends") {
  clearInterval(alive);
}
console.log("ready");
