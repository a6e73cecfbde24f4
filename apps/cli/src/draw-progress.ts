import type { Notes } from "./notes.js";

/** Ten times a second: faster than that nobody can read it. */
const PERIOD_MS = 100;

/** Draws a line of progress until the returned function is called. */
export function drawProgress(notes: Notes, line: () => string): () => void {
  const timer = setInterval(() => notes.draw(line()), PERIOD_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    notes.draw();
  };
}
