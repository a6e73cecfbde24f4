// Run it with: GOOGLE_ACCOUNT=… GOOGLE_KEY="$(jq -r .private_key key.json)" npx tsx src/main.ts your-project
import { configure, trace } from "@streamll/core";
import { pubsubSink } from "./sink.js";

const { GOOGLE_ACCOUNT = "", GOOGLE_KEY = "" } = process.env;
const sink = pubsubSink(GOOGLE_ACCOUNT, GOOGLE_KEY, { amqpUrl: `pubsub://${process.argv[2]}` });
const streamll = configure({ sinks: [sink] });
await trace("answer", () => "42");
const [report] = await streamll.stop();
console.log(`${report?.sent} events sent`);
