import { getHeapSpaceStatistics } from "node:v8";

const largeObjects = (): number =>
  getHeapSpaceStatistics().find(({ space_name }) => space_name === "large_object_space")!.space_used_size;

/** The most bytes of large arrays that V8 holds after a turn more than before, those that it has yet to collect too. */
export function leftBehind(turns: number, turn: () => void): number {
  // Those that were made young before would count as soon as V8 takes them for old.
  for (let i = 0; i < 10; i++) turn();
  const before = largeObjects();
  let most = 0;
  for (let i = 0; i < turns; i++) {
    turn();
    most = Math.max(most, largeObjects() - before);
  }
  return most;
}

const program: { event?: unknown } = {};

/** Makes half a kilobyte of garbage: while a program does so, V8 takes arrays that outlive it for old. */
export function makeEvent(): void {
  program.event = new Array(64);
}
