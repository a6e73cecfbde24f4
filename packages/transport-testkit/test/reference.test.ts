import { checkTransport, testTransport } from "@streamll/transport-testkit";
import { expect, it } from "vitest";
import { ReferenceBroker } from "./reference.js";

const broker = new ReferenceBroker();
testTransport({ ...broker.subject((options) => broker.transport(options)), timeoutMs: 5000 });

it("covers everything that a transport with all faults at hand can be asked", {
  timeout: 60_000,
}, async () => {
  const broker = new ReferenceBroker();
  const results = await checkTransport({
    ...broker.subject((options) => broker.transport(options)),
    timeoutMs: 5000,
  });
  const uncovered = results.filter(({ status }) => status !== "passed").map(({ name }) => name);
  expect(uncovered).toEqual([
    "stores what is sent again with its sequence once",
    "finds out at connect that a queue is missing, where that is asked for",
    "lets a process of its own end that has nothing but an idle connection",
  ]);
});
