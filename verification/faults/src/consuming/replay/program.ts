// Looks at dead letters, or replays them, in a process of its own.
import { DeadLetters } from "@streamll/consumer";
import { silentLogger } from "@streamll/core";
import type { ReplaySaid, ReplaySetup } from "./messages.js";

const { source, task, then } = await new Promise<ReplaySetup>((resolve) => process.once("message", resolve));
process.on("warning", ({ name, message }) => tell({ kind: "warning", text: `${name}: ${message}` }));
const letters = new DeadLetters({ ...source, logger: silentLogger });
if (task.do === "list") {
  for (let look = 0; look < task.times; look++) {
    const { matched } = await letters.list();
    await tell({ kind: "listed", matched });
  }
} else {
  const report = await letters.replay({
    ...task.options,
    onProgress({ replayed }) {
      if (then === "SIGKILL") process.kill(process.pid, then);
      void tell({ kind: "progress", replayed });
      if (then === "SIGSTOP") process.kill(process.pid, then);
    },
  });
  await tell({ kind: "report", report });
}
// From here on nothing but what was left behind keeps the process alive.
process.disconnect?.();

function tell(said: ReplaySaid): Promise<void> {
  return new Promise((resolve) => process.send?.(said, undefined, undefined, () => resolve()));
}
