// Run by server.ts: a server that behaves as Pub/Sub, which ends with its parent.
import { startFakePubSub } from "@streamll/fake-pubsub";
import { EXCHANGE } from "../event.js";

/** What it tells its parent. */
export type Told =
  | { readonly host: string; readonly grpcHost: string; readonly project: string }
  | { readonly count: number };

const fake = await startFakePubSub({ topics: [EXCHANGE] });
const { host, grpcHost, project } = fake;
const name = `projects/${project}/topics/${EXCHANGE}`;
const tell = (told: Told) => process.send!(told);
process.on("message", (question) => {
  const count = fake.stored(EXCHANGE).length;
  if (question === "clear") {
    fake.store.deleteTopic(name);
    fake.store.createTopic(name);
  }
  tell({ count });
});
process.on("disconnect", () => process.exit(0));
tell({ host, grpcHost, project });
