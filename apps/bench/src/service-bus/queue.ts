import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export const QUEUE = "events";

/** What the program with the server tells. */
export interface Told {
  readonly connectionString: string;
  /** Events in the queue, taken by a receiver or not. */
  readonly left: number;
}

/** A server that behaves as Azure Service Bus, in a process of its own. */
export interface BenchBus extends AsyncDisposable {
  /** The connection string. */
  readonly url: string;
  /** Makes the queue anew, with so many events. */
  fill(events: number): Promise<void>;
  /** Checks that every event was completed. */
  expectEmpty(who: string): Promise<void>;
}

export async function benchBus(): Promise<BenchBus> {
  // From source, as this program: it needs a package that programs in one file leave out.
  const child = fork(fileURLToPath(new URL("./server-program.ts", import.meta.url)));
  const told = async () => (await once(child, "message"))[0] as Told;
  const ask = async (fill?: number) => {
    const answer = told();
    child.send({ fill });
    return answer;
  };
  const { connectionString } = await told();
  return {
    url: connectionString,
    async fill(events) {
      const { left } = await ask(events);
      if (left !== events) throw new Error(`the queue has ${left} events, not ${events}`);
    },
    async expectEmpty(who) {
      const { left } = await ask();
      if (left > 0) throw new Error(`${who}: ${left} events were not completed`);
    },
    async [Symbol.asyncDispose]() {
      child.disconnect();
      await once(child, "exit");
    },
  };
}
