/** Which files import which, by their paths. */
export type Graph = ReadonlyMap<string, readonly string[]>;

/**
 * One shortest circle for each group of files that import each other: breaking all of them can take more than one turn.
 * Each begins and ends with the same file.
 */
export function cyclesIn(graph: Graph): string[][] {
  const found: string[][] = [];
  const left = new Set(graph.keys());
  for (const start of [...left].sort()) {
    if (!left.has(start)) continue;
    const circle = circleThrough(start, graph, left);
    if (circle === undefined) left.delete(start);
    else {
      for (const file of circle) left.delete(file);
      found.push(circle);
    }
  }
  return found;
}

/** By breadth first, among the files that are left. */
function circleThrough(start: string, graph: Graph, left: ReadonlySet<string>): string[] | undefined {
  const reachedFrom = new Map<string, string>();
  const queue = [start];
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
    for (const next of graph.get(file) ?? []) {
      if (next === start) return [start, ...pathTo(file, start, reachedFrom), start];
      if (!left.has(next) || reachedFrom.has(next)) continue;
      reachedFrom.set(next, file);
      queue.push(next);
    }
  }
  return undefined;
}

/** From behind `start` to `file`. */
function pathTo(file: string, start: string, reachedFrom: ReadonlyMap<string, string>): string[] {
  const path: string[] = [];
  for (let at = file; at !== start; at = reachedFrom.get(at)!) path.unshift(at);
  return path;
}
