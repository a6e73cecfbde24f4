import { setImmediate } from "node:timers/promises";
import type { WireEvent } from "@streamll/core";
import type { Contestant, Go } from "./contestant.js";
import { readyEvent } from "./event.js";

const eachEvent =
  (use: (event: WireEvent) => void): Go =>
  async (from, to) => {
    for (let index = from; index < to; index++) {
      use(readyEvent(index));
      if (index % 500 === 499) await setImmediate();
    }
  };

const loop: Contestant = {
  title: "the bench's own loop: takes each event, does nothing",
  publishesNothing: true,
  async prepare() {
    let characters = 0;
    const count = eachEvent((event) => {
      characters += event.event_type.length;
    });
    return async (from, to) => {
      await count(from, to);
      // V8 leaves out a loop without a result.
      if (characters === 0) throw new Error("the loop took no event");
    };
  },
};

const encode: Contestant = {
  title: "`JSON.stringify` alone, written into one buffer",
  publishesNothing: true,
  async prepare() {
    const buffer = Buffer.alloc(1024 * 1024);
    let at = 0;
    return eachEvent((event) => {
      if (at > buffer.length - 4096) at = 0;
      at += buffer.write(JSON.stringify(event), at);
    });
  },
};

/** What every contestant that encodes events itself pays before it has sent one. */
export const floor = { loop, encode } as const;
