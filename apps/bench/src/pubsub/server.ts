import { fork } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { built } from "@streamll/programs";
import type { Told } from "./server-program.js";

/** A server that behaves as Google Cloud Pub/Sub, in a process of its own. */
export interface BenchServer extends AsyncDisposable {
  /** What contestants are given. */
  readonly url: string;
  /** Forgets all that was sent. */
  clear(): Promise<void>;
  /** @throws where other than so many messages arrived. */
  expect(messages: number, who: string): Promise<void>;
}

export async function benchServer(): Promise<BenchServer> {
  const require = createRequire(import.meta.url);
  // Google's packages find files of theirs beside them: they are loaded from where they are.
  const google = require.resolve("@google-cloud/pubsub");
  const child = fork(built(new URL("./server-program.ts", import.meta.url)));
  const told = async () => (await once(child, "message"))[0] as Told;
  const ask = async (question: "clear" | "count") => {
    const answer = told();
    child.send(question);
    return answer;
  };
  const { host, grpcHost, project } = (await told()) as Extract<Told, { host: string }>;
  return {
    url: `pubsub-emulator://${host}/${project}?grpc=${grpcHost}&google=${encodeURIComponent(google)}`,
    async clear() {
      await ask("clear");
    },
    async expect(messages, who) {
      const { count } = (await ask("count")) as Extract<Told, { count: number }>;
      if (count !== messages) throw new Error(`${count} of ${messages} messages arrived of ${who}`);
    },
    async [Symbol.asyncDispose]() {
      child.disconnect();
      await once(child, "exit");
    },
  };
}
