// Run it with: npx tsx src/main.ts            (a broker on this machine)
//          or: npx tsx src/main.ts memory:    (no broker at all)
import { DeadLetters } from "@streamll/consumer";
import { sinkOf, teamOf } from "./team-queues.js";

const url = process.argv[2] ?? "amqp://localhost:5672/";
const heard = { rag: [] as string[], classify: [] as string[] };
const teams = [
  teamOf(url, "rag", (type) => heard.rag.push(type)),
  teamOf(url, "classify", (type) => {
    if (type === "error") throw new Error("this team cannot read errors yet");
    heard.classify.push(type);
  }),
];
const left = teams.map((team, index) => {
  const most = index === 0 ? 2 : 3;
  return new Promise<void>((resolve) => {
    const check = () => {
      const { events_handled, events_dead_lettered } = team.stats();
      if (events_handled + events_dead_lettered === most) resolve();
      else setTimeout(check, 10);
    };
    check();
  });
});
await Promise.all(teams.map((team) => team.start()));
const [rag, classify] = [sinkOf(url, "rag"), sinkOf(url, "classify")];
for (const eventType of ["start", "end"]) await rag.publish({ eventType, moduleName: "RAG" });
for (const eventType of ["start", "error", "end"])
  await classify.publish({ eventType, moduleName: "Classifier" });
await Promise.all(left);
await Promise.all([...teams, rag, classify].map((one) => one.stop()));

console.log(`rag-team: ${heard.rag.sort().join(", ")}`);
console.log(`classify-team: ${heard.classify.sort().join(", ")}`);
for (const module of ["rag", "classify"]) {
  const letters = new DeadLetters({ amqpUrl: url, deadLetterExchange: `dlx_${module}` });
  const { matched, groups } = await letters.list();
  console.log(
    `dlx_${module}.failed: ${matched}${groups.map(({ code, type }) => ` (${type} ${code})`).join("")}`,
  );
  await letters.purge();
}
