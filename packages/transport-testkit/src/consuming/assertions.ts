import type { InboundMessage } from "@streamll/core";
import { BrokenRuleError, type RuleName } from "../rules.js";
import { until } from "../waiting.js";
import type { ConsumingBench } from "./bench.js";

export function assertOrder(sent: readonly InboundMessage[], ids: readonly (string | undefined)[]): void {
  const wrong = ids.findIndex((id, index) => id !== sent[index]?.messageId);
  if (wrong < 0) return;
  const expected = sent.findIndex(({ messageId }) => messageId === ids[wrong]);
  throw new BrokenRuleError("in-order", `Delivery ${wrong} was message ${expected} of ${sent.length}.`);
}

export async function assertDepth(
  bench: ConsumingBench,
  depth: number,
  rule: RuleName,
  after: string,
): Promise<void> {
  // The messages of a log stay, whatever became of them.
  if ((await bench.consuming()).log === true) return;
  const queue = await bench.queue();
  if (await until(bench.timeoutMs, async () => (await queue.depth()) === depth)) return;
  const found = await queue.depth();
  throw new BrokenRuleError(rule, `${after}, and ${found} were in the queue, not ${depth}.`);
}
