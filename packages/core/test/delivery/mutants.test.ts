import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { DeliveryEngine } from "@streamll/core/internal";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { keepsItsPromises, plan } from "./model.js";

interface Mutant {
  readonly fault: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** Faults of an engine, seeded by hand. The model has to notice each. */
const mutants: readonly Mutant[] = [
  {
    fault: "an event in flight is lost with its connection",
    file: "lane.ts",
    from: "        rewound.push(entry);",
    to: "        if (rewound.length === 0) rewound.push(entry);",
  },
  {
    fault: "a late answer of a lost connection settles an event a second time",
    file: "lane.ts",
    from: "if (entry.flight !== flight) continue;\n      entry.flight = undefined;\n      entries.push(entry);",
    to: "entry.flight = undefined;\n      entries.push(entry);",
  },
  {
    fault: "what is sent again comes after what is new",
    file: "lane.ts",
    from: "    const sorted = [...earlier, ...entries].sort(this.#compare);\n    this.#queue.unshift(sorted);\n",
    to: "    const sorted = [...earlier, ...entries];\n    for (const one of sorted) this.#queue.push(one);\n",
  },
  {
    fault: "what is sent again has lost its order",
    file: "lane.ts",
    from: "const sorted = [...earlier, ...entries].sort(this.#compare);",
    to: "const sorted = [...earlier, ...entries].sort(this.#compare).reverse();",
  },
  {
    fault: "a suspect that was overtaken is sent again by its new sequence, after the events that follow it",
    file: "lane.ts",
    from: "(this.#setup.deduplication && sequenceOf(a)",
    to: "(sequenceOf(a)",
  },
  {
    fault: "where the broker deduplicates, what was refused is sent again before what comes back",
    file: "lane.ts",
    from: "(this.#setup.deduplication && sequenceOf(a) - sequenceOf(b)) || a.order",
    to: "a.order",
  },
  {
    fault: "an event sent again after a lost connection has a new sequence",
    file: "lane.ts",
    from: "        entry.maybeStored = true;",
    to: "        entry.renew();",
  },
  {
    fault: "a refused event is sent again with its old sequence",
    file: "lane.ts",
    from: "    entry.renew();\n    const again = ",
    to: "    const again = ",
  },
  {
    fault: "an execution leaves its lane while one of its events is unsettled",
    file: "executions.ts",
    from: "if (--execution.unsettled > 0) return;",
    to: "if (--execution.unsettled > 1) return;",
  },
  {
    fault: "the count of buffered bytes leaks",
    file: "ledger.ts",
    from: "    this.bytes -= entry.bytes;\n",
    to: '    if (settlement.as !== "dropped") this.bytes -= entry.bytes;\n',
  },
  {
    fault: "the count of events in flight leaks when a connection is lost",
    file: "lane.ts",
    from: "    this.#setup.cameBack(rewound.length);",
    to: "    this.#setup.cameBack(Math.max(0, rewound.length - 1));",
  },
  {
    fault: "a lane takes more in flight than its share",
    file: "lane.ts",
    from: "const room = share - this.inFlight;",
    to: "const room = share;",
  },
  {
    fault: "an event counts as sent although the broker refused it",
    file: "lane.ts",
    from: "for (const entry of entries) this.#refuse(entry, outcome.error ?? noReason);",
    to: 'this.#setup.sent(entries, "confirmed", 0);',
  },
  {
    fault: "flush() forgets an epoch that is over before an older one",
    file: "ledger.ts",
    from: "this.#open.length > 1 && oldest.unsettled === 0",
    to: "this.#open.length > 1",
  },
  {
    fault: "the watchdog keeps running after stop()",
    file: "lane.ts",
    from: "    this.#watchdog.disarm();\n",
    to: "",
  },
  {
    fault: "an event that was unanswered when its connection died is forgotten by stop()",
    file: "lane.ts",
    from: "    this.#comeBack();\n    for (const cancel",
    to: "    for (const cancel",
  },
  {
    fault: "room is promised beyond maxBufferedEvents",
    file: "engine.ts",
    from: "this.#ledger.unsettled < maxBufferedEvents",
    to: "this.#ledger.buffered < maxBufferedEvents",
  },
  {
    fault: "a connection that opens during stop() stays open",
    file: "supervisor.ts",
    from: '          if ("connection" in attempt) discard(attempt.connection);\n',
    to: "",
  },
];

const delivery = fileURLToPath(new URL("../../src/delivery", import.meta.url));
const cache = fileURLToPath(new URL("../../../../.streamll", import.meta.url));
let folder: string;

beforeAll(async () => {
  await mkdir(cache, { recursive: true });
  folder = await mkdtemp(join(cache, "mutants-"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** The engine with one file changed. Both are copied; what else they import is the original. */
async function engineOf({ file, from, to }: Mutant, name: string): Promise<typeof DeliveryEngine> {
  const copy = join(folder, name);
  await mkdir(copy);
  const copied = new Set(["engine.ts", file]);
  for (const one of copied) {
    let text = await readFile(join(delivery, one), "utf8");
    if (one === file) {
      expect(text.split(from), `the mutated place is in ${file} once`).toHaveLength(2);
      text = text.replace(from, () => to);
    }
    const imports = /(?<=from ")(\.{1,2}\/[^"]+)\.js(?=")/g;
    text = text.replace(imports, (whole, path: string) =>
      copied.has(`${path.slice(2)}.ts`) ? whole : join(delivery, `${path}.ts`),
    );
    await writeFile(join(copy, one), text);
  }
  const module = (await import(/* @vite-ignore */ pathToFileURL(join(copy, "engine.ts")).href)) as {
    DeliveryEngine: typeof DeliveryEngine;
  };
  return module.DeliveryEngine;
}

describe("the model notices when", { timeout: 60_000 }, () => {
  it.each(mutants.map((mutant, index) => ({ ...mutant, index })))("$fault", async ({ index, ...mutant }) => {
    const Engine = await engineOf(mutant, `mutant-${index}`);
    const verdict = await fc.check(
      fc.asyncProperty(plan, (run) => keepsItsPromises(Engine, run)),
      { numRuns: 3000, seed: 7, endOnFailure: true },
    );
    expect(verdict.failed).toBe(true);
    expect(verdict.errorInstance).toMatchObject({ name: "BrokenPromise" });
  });
});
