import protos from "@google-cloud/pubsub/build/protos/protos.json" with { type: "json" };
import * as grpc from "@grpc/grpc-js";
import { fromJSON } from "@grpc/proto-loader";
import type { Fault } from "./faults.js";
import type { Publication, ReceivedMessage } from "./message.js";
import type { Service } from "./service.js";
import { StatusError } from "./status.js";
import type { DeadLetterPolicy } from "./subscription.js";

type Call = grpc.ServerUnaryCall<Record<string, unknown>, unknown>;
type Streaming = grpc.ServerDuplexStream<StreamingPullRequest, unknown>;

interface StreamingPullRequest {
  readonly subscription: string;
  readonly ackIds: readonly string[];
  readonly modifyDeadlineAckIds: readonly string[];
  readonly modifyDeadlineSeconds: readonly number[];
  readonly maxOutstandingMessages: string;
}

/** Of one response: below the 4 MB that clients take. */
const MOST_AT_A_TIME = 1000;

/** The gRPC face, which Google's own client speaks, made of the protos that it ships. */
export function grpcServer(service: Service): grpc.Server {
  const loaded = grpc.loadPackageDefinition(
    fromJSON(protos as Parameters<typeof fromJSON>[0], { longs: String, defaults: true }),
  );
  const { Publisher, Subscriber } = (
    loaded as unknown as {
      google: { pubsub: { v1: Record<"Publisher" | "Subscriber", grpc.ServiceClientConstructor> } };
    }
  ).google.pubsub.v1;
  const server = new grpc.Server({ "grpc.max_receive_message_length": -1 });
  const { store } = service;
  server.addService(Publisher.service, {
    publish: unary(service, "publish", ({ topic, messages }) => ({
      messageIds: store.publish(String(topic), messages as Publication[]),
    })),
    getTopic: unary(service, "topics.get", ({ topic: name }) => store.messagesOf(String(name)) && { name }),
    createTopic: unary(service, "topics.create", ({ name }) => {
      store.createTopic(String(name));
      return { name };
    }),
  });
  server.addService(Subscriber.service, {
    getSubscription: unary(
      service,
      "subscriptions.get",
      ({ subscription }) => store.subscription(String(subscription)).settings,
    ),
    createSubscription: unary(service, "subscriptions.create", (given) => {
      const { name, topic, ackDeadlineSeconds, enableMessageOrdering, deadLetterPolicy } = given;
      store.createSubscription({
        name: String(name),
        topic: String(topic),
        ackDeadlineSeconds: Number(ackDeadlineSeconds) || 10,
        enableMessageOrdering: enableMessageOrdering === true,
        deadLetterPolicy: (deadLetterPolicy as DeadLetterPolicy | null) ?? undefined,
      });
      return given;
    }),
    acknowledge: unary(service, "acknowledge", ({ subscription, ackIds }) =>
      store.subscription(String(subscription)).acknowledge(ackIds as string[]),
    ),
    modifyAckDeadline: unary(service, "modify", ({ subscription, ackIds, ackDeadlineSeconds }) =>
      store.subscription(String(subscription)).modify(ackIds as string[], Number(ackDeadlineSeconds)),
    ),
    streamingPull: (stream: Streaming) => streamingPull(service, stream),
  });
  return server;
}

const unary =
  ({ faults }: Service, method: string, run: (request: Record<string, unknown>) => unknown) =>
  (call: Call, answer: grpc.sendUnaryData<unknown>): void => {
    const fault = faults.of(method);
    try {
      if (fault !== undefined && "status" in fault) throw new StatusError(fault.status, "Told to.");
      if (isReset(fault, "before")) throw new StatusError("UNAVAILABLE", "Connection dropped.");
      const result = run(call.request) ?? {};
      if (isReset(fault, "after")) throw new StatusError("UNAVAILABLE", "Connection dropped.");
      if (fault !== undefined && "lateMs" in fault) setTimeout(answer, fault.lateMs, null, result).unref();
      else answer(null, result);
    } catch (error) {
      answer(failureOf(error));
    }
  };

const isReset = (fault: Fault | undefined, when: "before" | "after"): boolean =>
  fault !== undefined && "reset" in fault && fault.reset === when;

function failureOf(error: unknown): grpc.ServiceError {
  const { grpc: code, message } =
    error instanceof StatusError ? error : new StatusError("INTERNAL", String(error));
  return Object.assign(new Error(message), { code, details: message, metadata: new grpc.Metadata() });
}

function streamingPull({ store }: Service, stream: Streaming): void {
  let name: string | undefined;
  let most = Number.POSITIVE_INFINITY;
  let off = () => {};
  let sent: string[] = [];
  const push = () => {
    try {
      const subscription = store.subscription(name!);
      sent = sent.filter((ackId) => subscription.holds(ackId));
      const received = subscription.take(Math.min(MOST_AT_A_TIME, most - sent.length), new Set(sent));
      if (received.length === 0) return;
      sent.push(...received.map(({ ackId }) => ackId));
      stream.write({ receivedMessages: received.map(protoOf), subscriptionProperties: {} });
    } catch (error) {
      off();
      stream.emit("error", failureOf(error));
    }
  };
  stream.on("data", (request: StreamingPullRequest) => {
    try {
      if (name === undefined) {
        name = request.subscription;
        const limit = Number(request.maxOutstandingMessages);
        if (limit > 0) most = limit;
        off = store.subscription(name).onChange(push);
      }
      const subscription = store.subscription(name);
      if (request.ackIds.length > 0) subscription.acknowledge(request.ackIds);
      for (const [index, ackId] of request.modifyDeadlineAckIds.entries())
        subscription.modify([ackId], request.modifyDeadlineSeconds[index]!);
      push();
    } catch (error) {
      stream.emit("error", failureOf(error));
    }
  });
  stream.on("end", () => {
    off();
    stream.end();
  });
  for (const event of ["cancelled", "error"]) stream.on(event, () => off());
}

function protoOf({ ackId, message, deliveryAttempt }: ReceivedMessage) {
  const { publishTime, ...rest } = message;
  const at = publishTime.getTime();
  return {
    ackId,
    deliveryAttempt,
    message: { ...rest, publishTime: { seconds: Math.floor(at / 1000), nanos: (at % 1000) * 1_000_000 } },
  };
}
