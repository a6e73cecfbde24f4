// npm run verify:pubsub -- --project P --topic T --subscription S [--key key.json] [--events 1000] [--endpoint HOST]
import { parseArgs } from "node:util";
import { verify } from "./verify.js";

const { values } = parseArgs({
  options: {
    project: { type: "string" },
    topic: { type: "string" },
    subscription: { type: "string" },
    key: { type: "string" },
    events: { type: "string", default: "1000" },
    endpoint: { type: "string" },
  },
});
const { project, topic, subscription, key, endpoint } = values;
if (project === undefined || topic === undefined || subscription === undefined) {
  console.error("Give --project, --topic and --subscription, both for this alone.");
  process.exit(2);
}
const verdict = await verify({
  ...{ project, topic, subscription, events: Number(values.events) },
  sink: { ...(key && { serviceAccountKey: key }), ...(endpoint && { pubsubEndpoint: endpoint }) },
  client: { ...(key && { keyFilename: key }), ...(endpoint && { apiEndpoint: endpoint }) },
});
const { sent, failed, received, twice, inOrder } = verdict;
console.log(
  `${sent} events sent, ${failed} failed; Google's client received ${received} of them, ${twice} twice, each execution ${inOrder ? "in order" : "not in order"}`,
);
process.exitCode = failed === 0 && received === sent ? 0 : 1;
