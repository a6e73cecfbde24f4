import { isPlainObject } from "@streamll/core/internal";
import type { Answer } from "../broker/management.js";
import { type Finding, ok, unknown } from "./finding.js";
import type { Scene } from "./scene.js";

/** Clocks of machines that keep time differ by milliseconds; Azure refuses tokens minutes off. */
const MOST_SKEW_MS = 30_000;

/** An alarm of memory or disk, of any node of the cluster. */
export async function examineNode({ ask }: Scene): Promise<Finding[]> {
  const answer = await ask("health/checks/alarms");
  if (answer.kind === "unknown") return [unknown(`alarms of memory and disk: ${answer.why}`)];
  if (answer.status === 200) return [ok("no alarm of memory or disk")];
  if (answer.status !== 503) return [unknown(`alarms: the management API answered ${answer.status}`)];
  return [blockedBy(alarmsIn(answer.value))];
}

/** @param why in the broker's words. */
export const blockedBy = (why: string): Finding => ({
  status: "failed",
  code: "TRANSPORT_BLOCKED",
  reason: "alarm",
  detail: `the broker takes nothing: ${why}`,
  remedy: {
    text: "Free its memory or disk, let its queues be read, or raise the limits",
    commands: ["rabbitmq-diagnostics alarms"],
  },
});

function alarmsIn(value: unknown): string {
  const alarms = isPlainObject(value) && Array.isArray(value.alarms) ? value.alarms : [];
  const words = alarms.filter(isPlainObject).map(({ node, resource }) => `${resource} alarm on ${node}`);
  return words.join(", ") || "an alarm is in effect";
}

/**
 * By the date of an answer, which the broker wrote at some moment between `asked` and `answered`, in whole seconds: what
 * is shown is the middle of what that leaves open.
 */
export function examineClock(answer: Answer, asked: number, answered: number): Finding[] {
  if (answer.kind === "unknown" || Number.isNaN(answer.date.getTime()))
    return [unknown("the broker's clock: its HTTP API is not seen from here")];
  const date = answer.date.getTime();
  const [least, most] = [asked - date - 1000, answered - date];
  const skew = (least + most) / 2;
  if (Math.abs(skew) <= MOST_SKEW_MS) {
    const within = Math.ceil(Math.max(-least, most) / 1000);
    return [ok(`within ${within} s of the broker's`)];
  }
  const seconds = Math.round(Math.abs(skew) / 1000);
  return [
    {
      status: "warning",
      reason: "clock",
      detail: `this machine is ${seconds.toLocaleString("en")} s ${skew > 0 ? "ahead of" : "behind"} the broker`,
      remedy: {
        text: "Let both keep time (NTP): tokens, certificates and timestamps of events depend on it",
      },
    },
  ];
}
