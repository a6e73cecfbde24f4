import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import { promisify } from "node:util";
import { ServerCredentials } from "@grpc/grpc-js";
import { certificates } from "@streamll/brokers";
import { type AccountKey, Accounts } from "./accounts.js";
import { Faults } from "./faults.js";
import { grpcServer } from "./grpc.js";
import type { TopicMessage } from "./message.js";
import { restServer } from "./rest.js";
import type { Request } from "./service.js";
import { Store } from "./store.js";
import type { SubscriptionSettings } from "./subscription.js";

export interface FakePubSubOptions {
  /** Default `"test-project"`. */
  readonly project?: string;
  /** Topics to make, by their short names. */
  readonly topics?: readonly string[];
  /** Subscriptions to make, by their short names; a text is the topic. */
  readonly subscriptions?: Readonly<Record<string, string | SubscriptionWish>>;
  /** Whether a request needs a token. Default `false`, as with Google's emulator. */
  readonly auth?: boolean;
  /** REST over TLS, with an authority of its own. Default `false`, as with Google's emulator. */
  readonly tls?: boolean;
  /** How long a pull waits for the first message, in milliseconds. Default 20,000. */
  readonly pullWaitMs?: number;
}

export interface SubscriptionWish extends Partial<Omit<SubscriptionSettings, "name" | "deadLetterPolicy">> {
  readonly topic: string;
  /** The short name of a topic. */
  readonly deadLetterTopic?: string;
  /** 5 to 100. Default 5. */
  readonly maxDeliveryAttempts?: number;
}

/** A server on loopback that behaves as Google Cloud Pub/Sub. */
export interface FakePubSub extends AsyncDisposable {
  readonly project: string;
  /** Of REST, for `PUBSUB_EMULATOR_HOST` of our transport: `127.0.0.1:PORT`. */
  readonly host: string;
  /** PEM of the authority that made its certificate; absent without TLS. */
  readonly ca: string | undefined;
  /** Of gRPC, for Google's client. */
  readonly grpcHost: string;
  readonly faults: Faults;
  readonly store: Store;
  /** Methods that nobody has the right to: `denied.add("topics.get")`. */
  readonly denied: Set<string>;
  /** Every request over HTTP so far, but for those of `/`. */
  readonly requests: readonly Request[];
  readonly accounts: Accounts;
  /** All that a topic took, in order. */
  stored(topic: string): readonly TopicMessage[];
  topic(name: string): void;
  subscription(name: string, wish: string | SubscriptionWish): void;
  /** A service account with a key of its own. */
  account(name?: string): AccountKey;
  /** Ends its connections, which idle, in good order, as a front end does; resolves when clients have seen it. */
  closeIdle(): Promise<void>;
}

export async function startFakePubSub(options: FakePubSubOptions = {}): Promise<FakePubSub> {
  const {
    project = "test-project",
    topics = [],
    subscriptions = {},
    auth = false,
    pullWaitMs = 20_000,
    tls = false,
  } = options;
  const [store, faults, accounts] = [new Store(), new Faults(), new Accounts()];
  const denied = new Set<string>();
  const requests: Request[] = [];
  const service = { store, faults, denied, requests, pullWaitMs, accounts: auth ? accounts : undefined };
  const files = tls ? await certificates() : undefined;
  const rest = restServer(service, files && { cert: files["cert.pem"], key: files["key.pem"] });
  const sockets = new Set<Socket>();
  rest.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  rest.listen(0, "127.0.0.1");
  await once(rest, "listening");
  const grpc = grpcServer({ ...service, requests: [] });
  const bind = promisify(grpc.bindAsync.bind(grpc)) as (
    host: string,
    as: ServerCredentials,
  ) => Promise<number>;
  const host = `127.0.0.1:${(rest.address() as AddressInfo).port}`;
  const grpcHost = `127.0.0.1:${await bind("127.0.0.1:0", ServerCredentials.createInsecure())}`;
  const topicName = (name: string) => `projects/${project}/topics/${name}`;

  const fake: FakePubSub = {
    ...{ project, host, grpcHost, ca: files?.["ca.pem"], faults, store, denied, requests, accounts },
    stored: (topic) => store.messagesOf(topicName(topic)),
    topic: (name) => store.createTopic(topicName(name)),
    subscription(name, wish) {
      const {
        topic,
        deadLetterTopic,
        maxDeliveryAttempts = 5,
        ...settings
      } = typeof wish === "string" ? { topic: wish } : wish;
      store.createSubscription({
        ackDeadlineSeconds: 10,
        enableMessageOrdering: false,
        ...settings,
        name: `projects/${project}/subscriptions/${name}`,
        topic: topicName(topic),
        deadLetterPolicy:
          deadLetterTopic === undefined
            ? undefined
            : { deadLetterTopic: topicName(deadLetterTopic), maxDeliveryAttempts },
      });
    },
    account: (name = "sender") => accounts.create(name, project),
    async closeIdle() {
      const closed = [...sockets].map((socket) => once(socket, "close"));
      for (const socket of sockets) socket.end();
      await Promise.all(closed);
    },
    async [Symbol.asyncDispose]() {
      store.end();
      rest.closeAllConnections();
      grpc.forceShutdown();
      rest.close();
      await once(rest, "close");
    },
  };
  for (const topic of topics) fake.topic(topic);
  for (const [name, wish] of Object.entries(subscriptions)) fake.subscription(name, wish);
  return fake;
}
