import { isTransportError } from "@streamll/core/internal";
import { unlessAborted } from "../exit.js";
import { type Finding, ok } from "./finding.js";
import { leastTopology, type Scene, transportWith } from "./scene.js";
import { count } from "./words.js";

/** Lifetimes that differ by less have one cause. */
const EQUAL_SHARE = 0.2;

/** A place that ends each connection at once is asked no more often. */
const MOST_LOSSES = 20;

/** Keeps an idle connection for so long, and tells how often and when it was lost. */
export async function examineIdle(scene: Scene, seconds: number): Promise<Finding[]> {
  const { options, endpoint, interrupted } = scene;
  const over = AbortSignal.any([AbortSignal.timeout(seconds * 1000), interrupted]);
  const lived: number[] = [];
  while (!over.aborted && lived.length < MOST_LOSSES) {
    try {
      const connection = await transportWith(scene, { topology: leastTopology(scene) }).connect(
        endpoint,
        { index: 0 },
        over,
      );
      const start = performance.now();
      const lost = await unlessAborted(
        connection.closed.then(() => true),
        over,
      );
      await connection.close(AbortSignal.timeout(1000));
      if (lost === true) lived.push((performance.now() - start) / 1000);
    } catch (error) {
      if (over.aborted) break;
      if (!isTransportError(error)) throw error;
      return [{ status: "failed", code: error.code, reason: "idle-cut", detail: error.message }];
    }
  }
  const heartbeat = options.heartbeatMs / 1000;
  if (lived.length === 0)
    return [ok(`an idle connection was kept for ${seconds} s, with a heartbeat of ${heartbeat} s`)];
  const [least, most] = [Math.min(...lived), Math.max(...lived)];
  const isRegular = lived.length > 1 && most - least <= most * EQUAL_SHARE;
  const after = isRegular
    ? `each time after ${most.toFixed(1)} s`
    : `after ${lived.map((s) => s.toFixed(1)).join(", ")} s`;
  return [
    {
      status: isRegular ? "failed" : "warning",
      code: "TRANSPORT_UNREACHABLE",
      reason: "idle-cut",
      detail: `an idle connection was lost ${count(lived.length, "time")} in ${seconds} s, ${after}`,
      remedy: {
        text: isRegular
          ? `Something between cuts what is idle: set heartbeat below ${Math.ceil(most / 2)} s, or raise its idle time`
          : "See the broker's log, and what stands between",
      },
    },
  ];
}
