import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import type { Fault } from "./faults.js";
import { LARGEST_REQUEST } from "./limits.js";
import type { Publication, ReceivedMessage } from "./message.js";
import type { Service } from "./service.js";
import { StatusError } from "./status.js";
import type { Subscription } from "./subscription.js";

type Json = Record<string, unknown>;

/** What a route does, and the method by which faults know it. */
interface Route {
  readonly method: string;
  run(service: Service, body: Json, client: AbortSignal): unknown;
}

/** The REST face: https://cloud.google.com/pubsub/docs/reference/rest */
export function restServer(service: Service, tls?: { readonly cert: string; readonly key: string }): Server {
  const respond: RequestListener = (request, response) => {
    void answer(service, request, response).catch((error: unknown) => fail(response, error));
  };
  const server = tls === undefined ? createServer(respond) : createTlsServer(tls, respond);
  // A connection that idles longer is closed, as by the service's front end; tests shorten it.
  server.keepAliveTimeout = 240_000;
  return server;
}

async function answer(service: Service, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = decodeURIComponent((request.url ?? "/").split("?")[0]!);
  const client = new AbortController();
  response.on("close", () => client.abort());
  // Heard before the end of the response: a pull must give nothing to one who has gone.
  const gone = () => client.abort();
  request.socket.once("end", gone);
  response.on("close", () => request.socket.off("end", gone));
  const body = await bodyOf(request);
  if (path === "/") return send(response, 404, "");
  const route = routeOf(request.method ?? "", path);
  service.requests.push({ method: route.method, path, bytes: body.length });
  service.accounts?.check(request.headers.authorization);
  if (service.denied.has(route.method))
    throw new StatusError(
      "PERMISSION_DENIED",
      `User not authorized to perform this action: ${route.method}.`,
    );
  if (body.length > LARGEST_REQUEST)
    throw Object.assign(new StatusError("INVALID_ARGUMENT", "Request payload size exceeds the limit."), {
      http: 413,
    });
  const fault = service.faults.of(route.method);
  if (await before(fault, request.socket, response)) return;
  const result = await route.run(
    service,
    body.length === 0 ? {} : (JSON.parse(body.toString()) as Json),
    client.signal,
  );
  if (fault !== undefined && "reset" in fault) return void request.socket.resetAndDestroy();
  if (fault !== undefined && "lateMs" in fault) await pause(fault.lateMs, undefined, { ref: false });
  if (fault !== undefined && "answer" in fault) return send(response, fault.answer.code, fault.answer.body);
  send(response, 200, JSON.stringify(result ?? {}));
}

/** Whether the request is answered by a fault alone. */
async function before(fault: Fault | undefined, socket: Socket, response: ServerResponse): Promise<boolean> {
  if (fault === undefined) return false;
  if ("reset" in fault && fault.reset === "before") {
    socket.resetAndDestroy();
    return true;
  }
  if (!("status" in fault)) return false;
  if (fault.retryAfter !== undefined) response.setHeader("retry-after", fault.retryAfter);
  throw new StatusError(fault.status, `The service is told to answer ${fault.status}.`);
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function send(response: ServerResponse, code: number, body: string): void {
  if (response.destroyed) return;
  response.writeHead(code, { "content-type": "application/json; charset=UTF-8" });
  response.end(body);
}

function fail(response: ServerResponse, error: unknown): void {
  const told = error instanceof StatusError ? error : new StatusError("INTERNAL", String(error));
  const { http: code, message, status } = told;
  send(response, code, JSON.stringify({ error: { code, message, status } }));
}

function routeOf(method: string, path: string): Route {
  const match = /^\/v1\/(projects\/[^/]+\/(topics|subscriptions)\/[^/:]+)(?::(\w+)|\/(subscriptions))?$/.exec(
    path,
  );
  if (match === null) throw new StatusError("NOT_FOUND", `There is no ${path}.`);
  const [, name, kind, verb, list] = match as unknown as [
    string,
    string,
    "topics" | "subscriptions",
    string?,
    string?,
  ];
  const key = `${method} ${kind}${verb === undefined ? "" : `:${verb}`}${list === undefined ? "" : `/${list}`}`;
  const route = Object.hasOwn(routes, key) ? routes[key] : undefined;
  if (route === undefined) throw new StatusError("NOT_FOUND", `There is no ${key}.`);
  return { method: route.method, run: (service, body, client) => route.run(service, name, body, client) };
}

interface NamedRoute {
  readonly method: string;
  run(service: Service, name: string, body: Json, client: AbortSignal): unknown;
}

const routes: Readonly<Record<string, NamedRoute>> = {
  "GET topics": { method: "topics.get", run: ({ store }, name) => store.messagesOf(name) && { name } },
  "PUT topics": {
    method: "topics.create",
    run({ store }, name) {
      store.createTopic(name);
      return { name };
    },
  },
  "GET topics/subscriptions": {
    method: "topics.list",
    run: ({ store }, name) => ({ subscriptions: store.subscriptionsOf(name) }),
  },
  "POST topics:publish": {
    method: "publish",
    run: ({ store }, name, { messages }) => ({
      messageIds: store.publish(name, (messages as Json[]).map(publicationOf)),
    }),
  },
  "GET subscriptions": {
    method: "subscriptions.get",
    run: ({ store }, name) => store.subscription(name).settings,
  },
  "PUT subscriptions": {
    method: "subscriptions.create",
    run({ store }, name, body) {
      const { topic, ackDeadlineSeconds = 10, enableMessageOrdering = false, deadLetterPolicy } = body;
      const settings = { name, topic, ackDeadlineSeconds, enableMessageOrdering, deadLetterPolicy };
      store.createSubscription(settings as Parameters<typeof store.createSubscription>[0]);
      return settings;
    },
  },
  "POST subscriptions:pull": {
    method: "pull",
    async run(service, name, { maxMessages }, client) {
      const subscription = service.store.subscription(name);
      const received = await firstOf(service, subscription, Number(maxMessages), client);
      if (client.aborted) subscription.untake(received);
      return received.length === 0 ? {} : { receivedMessages: received.map(jsonOf) };
    },
  },
  "POST subscriptions:acknowledge": {
    method: "acknowledge",
    run: ({ store }, name, { ackIds }) => store.subscription(name).acknowledge(ackIds as string[]),
  },
  "POST subscriptions:modifyAckDeadline": {
    method: "modify",
    run: ({ store }, name, { ackIds, ackDeadlineSeconds }) =>
      store.subscription(name).modify(ackIds as string[], Number(ackDeadlineSeconds)),
  },
};

/** Waits for something to take, as the service does, and answers with nothing where nothing comes. */
async function firstOf(
  { store, pullWaitMs }: Service,
  subscription: Subscription,
  most: number,
  client: AbortSignal,
): Promise<readonly ReceivedMessage[]> {
  const until = Date.now() + pullWaitMs;
  while (!client.aborted) {
    if (!store.hasSubscription(subscription)) return store.subscription(subscription.settings.name).take(0);
    const received = subscription.take(Math.min(most, 1000));
    if (received.length > 0 || Date.now() >= until) return received;
    await new Promise<void>((resolve) => {
      const done = () => {
        off();
        clearTimeout(timer);
        client.removeEventListener("abort", done);
        resolve();
      };
      const off = subscription.onChange(done);
      const timer = setTimeout(done, until - Date.now()).unref();
      client.addEventListener("abort", done);
    });
  }
  return [];
}

function publicationOf({ data = "", attributes = {}, orderingKey = "" }: Json): Publication {
  const text = String(data);
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(text))
    throw new StatusError("INVALID_ARGUMENT", "Invalid value at 'messages.data' (TYPE_BYTES).");
  for (const value of Object.values(attributes as Json))
    if (typeof value !== "string")
      throw new StatusError("INVALID_ARGUMENT", "Invalid value at 'messages.attributes' (TYPE_STRING).");
  return {
    data: Buffer.from(text, "base64"),
    attributes: attributes as Record<string, string>,
    orderingKey: String(orderingKey),
  };
}

/** Protocol Buffers leaves out in JSON what has its default. */
function jsonOf({ ackId, message, deliveryAttempt }: ReceivedMessage): Json {
  const { data, attributes, orderingKey, messageId, publishTime } = message;
  return {
    ackId,
    message: {
      ...(data.length > 0 && { data: data.toString("base64") }),
      ...(Object.keys(attributes).length > 0 && { attributes }),
      messageId,
      publishTime: publishTime.toISOString(),
      ...(orderingKey !== "" && { orderingKey }),
    },
    ...(deliveryAttempt > 0 && { deliveryAttempt }),
  };
}
