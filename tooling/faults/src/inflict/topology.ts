import type { Bench } from "../bench.js";

/** The row's load is more than its queue takes. */
export async function queueFull(bench: Bench): Promise<void> {
  await bench.start();
  await bench.inflict(() => bench.program.do({ do: "load" }));
}
