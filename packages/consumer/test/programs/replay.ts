// Replays a queue with a journal, and tells the report.
import { DeadLetters } from "@streamll/consumer";

const [url, queue, journal] = process.argv.slice(2) as [string, string, string];
const report = await new DeadLetters({ url, queue }).replay({
  journal,
  onProgress: ({ replayed }) => console.log(JSON.stringify({ replayed })),
});
console.log(JSON.stringify(report));
