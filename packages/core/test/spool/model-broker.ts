import { type FakeConnection, nack } from "../delivery/fake-transport.js";
import type { Account } from "./account.js";
import type { Step } from "./plan.js";

/** The broker answers some events of a connection. */
export function answer(
  target: FakeConnection,
  { as, count }: Extract<Step, { do: "answer" }>,
  account: Account,
): void {
  if (as === "store") return tell(target, count, account);
  if (as === "store untold") return target.decide({ kind: "confirmed" }, count);
  const before = target.unanswered.filter(({ decision }) => decision === undefined).slice(0, count);
  target.decide({ kind: "refused", error: nack() }, count);
  for (const one of before) {
    account.refused.add(one.message.messageId);
    target.tell(target.unanswered.indexOf(one));
  }
}

/** The broker has some events, and tells so. */
export function tell(target: FakeConnection, count: number, account: Account): void {
  target.decide({ kind: "confirmed" }, count);
  for (let i = 0; i < count && target.unanswered[0]?.decision !== undefined; i++) {
    const {
      message: { messageId },
      decision,
    } = target.unanswered[0];
    const one = account.tracked.get(messageId)!;
    if (decision.kind === "confirmed" && target.open) one.told = "just now";
    target.tell(0);
  }
}
