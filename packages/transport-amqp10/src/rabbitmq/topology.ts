import type { ExchangeDeclaration, QueueDeclaration, Topology } from "@streamll/core";
import type { OpenConnection } from "../dialect.js";
import { FaultError, faultOf } from "../fault.js";
import { exchangeAddress, queueAddress } from "./address.js";
import { argumentMap, type Management, openManagement, RefusedError } from "./management.js";

/** Makes what the sink needs, or checks that it is there. @throws RefusedError, FaultError, TransportError */
export async function declareTopology(
  open: OpenConnection,
  topology: Topology,
  label: string,
): Promise<void> {
  const { mode, exchanges, queues, bindings } = topology;
  if (mode === "none" || exchanges.length + queues.length + bindings.length === 0) return;
  const management = await openManagement(open, label);
  try {
    for (const exchange of exchanges) {
      // The default exchange always exists.
      if (exchange.name === "") continue;
      if (mode === "passive" || isReserved(exchange.name)) await checkExchange(open, exchange.name);
      else await declareExchange(management, exchange);
    }
    for (const queue of queues) {
      if (mode === "passive") await management.request("GET", queueAddress(queue.name));
      else await declareQueue(management, queue);
    }
    if (mode === "passive") return;
    for (const { exchange, queue, pattern, arguments: args = {} } of bindings) {
      if (exchange === "") continue;
      await management.request("POST", "/bindings", {
        source: exchange,
        destination_queue: queue,
        binding_key: pattern,
        arguments: argumentMap(args),
      });
    }
  } finally {
    management.close();
  }
}

/** The broker's own exchanges (`amq.topic` …): RabbitMQ refuses to declare one, even with the type that it has. */
const isReserved = (exchange: string) => exchange.startsWith("amq.");

async function declareExchange(
  management: Management,
  { name, type, arguments: args, asFound }: ExchangeDeclaration,
): Promise<void> {
  try {
    await management.request("PUT", exchangeAddress(name), {
      type,
      durable: true,
      auto_delete: false,
      internal: false,
      arguments: argumentMap(args),
    });
  } catch (error) {
    if (!(error instanceof RefusedError && error.status === 409 && /^inequivalent/.test(error.message)))
      throw error;
    if (asFound) return;
    // One that somebody else gave it is left as found. RabbitMQ compares it last, so nothing else differs.
    const isAlternate = error.message.includes("inequivalent arg 'alternate-exchange'");
    if (!isAlternate || "alternate-exchange" in args) throw error;
  }
}

async function declareQueue(
  management: Management,
  { name, arguments: args, keepsReturned }: QueueDeclaration,
): Promise<void> {
  const declare = (all: QueueDeclaration["arguments"]) =>
    management.request("PUT", queueAddress(name), {
      durable: true,
      exclusive: false,
      auto_delete: false,
      arguments: argumentMap(all),
    });
  try {
    await declare(keepsReturned ? { ...args, "x-delivery-limit": -1 } : args);
  } catch (error) {
    const isLimitedAlready =
      keepsReturned &&
      error instanceof RefusedError &&
      error.status === 409 &&
      error.message.includes("inequivalent arg 'x-delivery-limit'");
    if (!isLimitedAlready) throw error;
    await declare(args);
  }
}

/** The management node ends its session when asked for an exchange (4.0): a link to it tells whether it is there. */
function checkExchange({ rhea }: OpenConnection, exchange: string): Promise<void> {
  const session = rhea.create_session();
  session.begin();
  const sender = session.attach_sender({ target: { address: exchangeAddress(exchange) } });
  return new Promise((resolve, reject) => {
    const refused = () =>
      reject(
        new FaultError(
          faultOf("attach", session.error ?? sender.error, `the exchange ${exchange} cannot be reached`),
        ),
      );
    for (const event of ["session_error", "session_close"]) session.on(event, refused);
    for (const event of ["sender_error", "sender_close"]) sender.on(event, refused);
    sender.once("sendable", () => {
      resolve();
      session.close();
    });
  });
}
