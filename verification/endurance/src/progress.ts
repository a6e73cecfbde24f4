import { megabytes } from "./judge.js";
import type { Rig } from "./rig.js";

/** Shows a line of progress. */
export type Progress = (line: string) => void;

const EVERY_MS = 10_000;

/** Tells how far it is until it is disposed of. */
export function watched(rig: Rig, progress: Progress, now: () => string = () => ""): Disposable {
  const startedAt = performance.now();
  const timer = setInterval(() => {
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    const { accepted, sent, unsent, found } = rig.sums;
    progress(
      `${seconds} s: ${accepted} accepted, ${sent} sent, ${unsent} failed or dropped, ${found} read back, ` +
        `${megabytes(rig.sample.rssBytes)} MB${now()}`,
    );
  }, EVERY_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
