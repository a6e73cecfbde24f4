// A replay of a queue with a journal, in a process of its own, which may be killed at any time.
import { DeadLetters } from "@streamll/consumer";
import type { ReplaySaid, ReplaySetup } from "./messages.js";

const { url, queue, journal } = await new Promise<ReplaySetup>((resolve) => process.once("message", resolve));
const say = (said: ReplaySaid) => process.send?.(said);
const report = await new DeadLetters({ url, queue }).replay({
  journal,
  onProgress: ({ replayed }) => say({ replayed }),
});
say({ report });
process.disconnect?.();
