// Run it with: npx tsx src/main.ts            (a broker on this machine)
//          or: npx tsx src/main.ts memory:    (no broker at all)
import { onCall, program, recordErrorsApart } from "./errors-apart.js";

const url = process.argv[2] ?? "amqp://localhost:5672/";
// Makes its queue, and is gone while the program runs.
await using team = onCall(url, () => {});
await team.start();
await team.stop();

const streamll = recordErrorsApart(url);
await program();
await streamll.stop();

let lines = 0;
let end = () => {};
const ended = new Promise<void>((resolve) => {
  end = resolve;
});
const back = onCall(url, (line) => {
  console.log(line);
  if (++lines === 4) end();
});
await back.start();
await ended;
await back.stop();
