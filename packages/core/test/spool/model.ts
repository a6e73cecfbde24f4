import type { DeliveryEngine } from "@streamll/core/internal";
import { must } from "../delivery/model.js";
import { Account } from "./account.js";
import { MemoryDisk } from "./memory-disk.js";
import { Program } from "./model-program.js";
import type { Plan, Step } from "./plan.js";

/** Runs a plan against engines on one disk, and checks what a spool promises. */
export async function keepsItsEvents(Engine: typeof DeliveryEngine, plan: Plan): Promise<void> {
  const account = new Account();
  let highest: ReadonlyMap<number, number> = new Map();
  const next = (disk: MemoryDisk) =>
    // A folder without events has another publisher's name the next time.
    new Program(Engine, plan, account, disk, disk.eventFiles.length > 0 ? highest : new Map());
  let program = next(new MemoryDisk());
  const endAs = async (by: (Step & { do: "end" })["by"]) => {
    const disk = await program.end(by);
    highest = program.transport.highest;
    return disk;
  };
  for (const step of plan.steps) {
    if (step.do !== "end") {
      await program.run(step);
      program.check();
      continue;
    }
    const { fails, takes } = program.disk;
    const disk = await endAs(step.by);
    program = next(disk);
    disk.fails = step.heals ? () => undefined : fails;
    disk.takes = step.heals ? Number.POSITIVE_INFINITY : takes;
  }
  program.heal();
  program = next(await endAs("stop"));
  program.heal();
  await program.deliverAll();
  await program.stop();
  account.checkEnd(plan.deduplication);
  // What a loss of power has damaged is kept, for people.
  const left = [...program.disk.files.keys()].filter((name) => !name.endsWith(".bad"));
  must(left.length === 0, "the disk is given back");
}
