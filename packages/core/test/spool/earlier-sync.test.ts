import { expect, it } from "vitest";
import { leftOn, offer, unanswered } from "./bench.js";

it.each(["sync", "syncFolder"] as const)(
  "what a killed program has left outlives a loss of power once a failed %s of it works again",
  async (failing) => {
    const killed = await unanswered();
    const ids = offer(killed, 5);
    await killed.clock.advance(10);
    const disk = killed.disk.copy();
    disk.fails = (call) => (call === failing ? "EIO" : undefined);
    const next = await unanswered({ disk });
    await next.clock.advance(1500);
    expect(await leftOn(disk.afterPowerCut())).toEqual([]);
    disk.fails = () => undefined;
    await next.clock.advance(2000);
    expect(await leftOn(disk.afterPowerCut())).toEqual(ids);
  },
);
