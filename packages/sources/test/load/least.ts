/** What is measured, and its set-up. */
export type Call = (() => unknown) | { readonly begin: () => void; readonly run: () => unknown };

/** Microseconds of CPU per call, for each way. */
export type Costs = Readonly<Record<string, number>>;

const rounds = 12;

/** Measures the ways in turns, and takes the least of several rounds of each. */
export async function leastOf(ways: Readonly<Record<string, Call>>, perRound: number): Promise<Costs> {
  const least: Record<string, number> = {};
  for (let round = 0; round < rounds; round++) {
    for (const [way, call] of Object.entries(ways)) {
      const { begin, run } = typeof call === "function" ? { begin() {}, run: call } : call;
      begin();
      const before = process.cpuUsage();
      for (let n = 0; n < perRound; n++) await run();
      const { user, system } = process.cpuUsage(before);
      least[way] = Math.min(least[way] ?? Number.POSITIVE_INFINITY, (user + system) / perRound);
    }
  }
  return least;
}

export function lineOf(name: string, { bare = 0, ...others }: Costs): string {
  const added = Object.entries(others).map(([way, cost]) => `${way} +${(cost - bare).toFixed(0)}`);
  return `${name}: bare ${bare.toFixed(0)} µs, ${added.join(", ")} µs`;
}
