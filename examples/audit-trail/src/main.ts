// Run it with: npx tsx src/main.ts amqp://user:pass@localhost:5672/audit
import { stopOnSignals } from "@streamll/core";
import { type Action, audited, auditSink } from "./audit-trail.js";

const actions: readonly Action[] = [
  { actor: "anna", verb: "approve", subject: "order-17" },
  { actor: "ben", verb: "ship", subject: "order-17" },
  { actor: "anna", verb: "refund", subject: "order-12" },
];

const sink = auditSink(process.argv[2] ?? "amqp://localhost:5672/");
stopOnSignals(sink);
sink.on("problem", ({ code, message }) => console.error(`${code}: ${message}`));
sink.on("solved", ({ code }) => console.error(`${code} is over`));

await sink.start();
for (const action of actions) {
  await audited(sink, action, ({ confirmed, attempts }) => {
    const how = confirmed ? `stored at try ${attempts}` : "not known to be stored";
    console.log(`${action.actor} may ${action.verb} ${action.subject}: ${how}`);
  });
}
const { sent, failed, dropped } = await sink.stop();
console.log(`${sent} actions in the trail, ${failed + dropped} missing`);
process.exitCode = failed + dropped === 0 ? 0 : 1;
