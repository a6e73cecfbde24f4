import type { Notes } from "./notes.js";

/** Ten times a second: faster than that nobody can read it. */
const PERIOD_MS = 100;

/** Draws a line of progress, where it is wanted, until the returned function is called. */
export function drawProgress(notes: Notes, isWanted: boolean | undefined, line: () => string): () => void {
  if (!isWanted) return () => {};
  const timer = setInterval(() => notes.draw(line()), PERIOD_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    notes.draw();
  };
}
