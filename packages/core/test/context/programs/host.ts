import { configure, type StreamllEvent } from "../../../src/index.js";
import { nothing } from "./nothing.js";
import { scenarios } from "./scenarios.js";

// Runs a scenario, "bare" or "recorded". If it is recorded, the last line lists the types of the events.
const [name, manner] = process.argv.slice(2);
const events: StreamllEvent[] = [];
if (manner === "recorded") {
  const handleEvent = (event: object) => events.push(event as StreamllEvent) > 0;
  configure({ sinks: [{ handleEvent, flush: async () => nothing, stop: async () => nothing }] });
  process.on("exit", () => console.log(`events: ${events.map(({ eventType }) => eventType).join(" ")}`));
}
const scenario = scenarios[name as string];
if (scenario === undefined) throw new Error(`there is no scenario ${name}`);
await scenario();
