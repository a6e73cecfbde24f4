// A program that throws in the way that its first argument names. The second names what else listens.
import { configure, instrument, stopOnSignals } from "../../../src/index.js";
import { nothing } from "./nothing.js";

const [way, watched] = process.argv.slice(2) as [string, string];
const held: object[] = [];

configure({
  sinks: [
    {
      handleEvent: (event) => held.push(event) > 0,
      flush: async () => nothing,
      async stop() {
        await new Promise((resolve) => setTimeout(resolve, watched === "for ever" ? 60_000 : 50));
        const shown = held.map((event) => {
          const { eventType, operation, data } = event as Record<string, Record<string, unknown>>;
          return [eventType, operation, data!.error_message].filter(Boolean).join(" ");
        });
        console.log(shown.join(", "));
        return nothing;
      },
    },
  ],
});
if (watched === "leaves exceptions") stopOnSignals(undefined, { uncaughtExceptions: false });
else if (watched === "for ever") stopOnSignals(undefined, { timeoutMs: 100 });
else stopOnSignals();
if (watched === "twice") {
  stopOnSignals({
    stop: () => new Promise((resolve) => setTimeout(resolve, 200, console.log("stopped too"))),
  });
}
if (watched === "program") {
  process.once("uncaughtException", (error) => {
    console.log(`program ${error.message}`);
    setTimeout(() => console.log("goes on"), 100);
  });
}
process.on("uncaughtExceptionMonitor", (error, origin) => console.log(`monitor ${error}, ${origin}`));
process.on("exit", (code) => console.log(`exit ${code}`));

const boom = () => {
  throw Object.assign(new RangeError("boom"), { code: "E_BOOM" });
};

const ways: Record<string, () => unknown> = {
  "throws in a timer": () => setTimeout(instrument(boom)),
  "throws at once": instrument(boom),
  "throws outside of a call": () => setTimeout(boom),
  "throws in a call that goes on": () =>
    instrument(async function answer() {
      setTimeout(boom);
      await new Promise((resolve) => setTimeout(resolve, 60_000));
    })(),
  rejects: () => instrument(async () => boom(), { operation: "later" })(),
  "rejects with a text": () => instrument(async () => Promise.reject("no"), { operation: "later" })(),
  "throws again meanwhile": () => {
    setTimeout(boom);
    setTimeout(() => {
      throw new Error("another");
    }, 10);
    setTimeout(() => Promise.reject(new Error("a third")), 10);
  },
  "exits meanwhile": () => {
    setTimeout(boom);
    setTimeout(() => process.exit(0), 10);
  },
};
const alive = setTimeout(() => {}, watched === "program" ? 0 : 60_000);
alive.ref();
ways[way]!();
