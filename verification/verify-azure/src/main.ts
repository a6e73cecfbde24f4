// npm run verify:azure -- --connection-string "Endpoint=sb://…" --queue NAME [--events 1000] [--web-socket]
import { parseArgs } from "node:util";
import { verify } from "./verify.js";

const { values } = parseArgs({
  options: {
    "connection-string": { type: "string" },
    queue: { type: "string" },
    events: { type: "string", default: "1000" },
    "web-socket": { type: "boolean", default: false },
  },
});
const connectionString = values["connection-string"] ?? process.env.AZURE_SERVICEBUS_CONNECTION_STRING;
const { queue } = values;
if (connectionString === undefined || queue === undefined) {
  console.error(
    "Give --connection-string (or AZURE_SERVICEBUS_CONNECTION_STRING) and --queue, an empty queue.",
  );
  process.exit(2);
}
const verdict = await verify({
  connectionString,
  queue,
  events: Number(values.events),
  webSocket: values["web-socket"],
});
const { sent, failed, received, twice, inOrder } = verdict;
console.log(
  `${sent} events sent, ${failed} failed; Microsoft's client received ${received} of them, ${twice} twice, ${inOrder ? "in order" : "not in order"}`,
);
process.exitCode = failed === 0 && received === sent ? 0 : 1;
