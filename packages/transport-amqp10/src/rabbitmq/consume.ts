import { TransportError, type Verdict } from "@streamll/core";
import { within } from "@streamll/transport-kit";
import type { Consume } from "../consuming/consumer.js";
import { ConsumingLink, tellLost } from "../consuming/consuming-link.js";
import { Amqp10Delivery } from "../consuming/delivery.js";
import { ACCEPTED, FAILED, RELEASED, undeliverable } from "../consuming/states.js";
import type { OpenConnection } from "../dialect.js";
import { queueAddress } from "./address.js";
import { declarationFailure } from "./failure.js";
import { openManagement } from "./management.js";
import { rabbitmqReading } from "./reading.js";

/** Consumes from a queue of RabbitMQ 4, over one link. The end of the link is the end of the subscription. */
export const consume: Consume = async ({ wire, tap, open, request, label, failed }) => {
  const { source, window, receive } = request;
  const link = new ConsumingLink({
    ...{ wire, tap },
    window: () => window,
    attach: { source: { address: queueAddress(source) }, snd_settle_mode: 0, rcv_settle_mode: 0 },
    answers: false,
    // What is given back counts on quorum queues up to 4.2, so that nothing more is to come.
    stopsBy: "echo",
    deliveryOf: (payload) => new Amqp10Delivery(payload, rabbitmqReading),
    stateOf,
    receive,
    lost: (deliveries) => request.lost?.(deliveries),
    ended({ condition, description }, pending) {
      tellLost(pending);
      const why = condition === undefined || condition === description ? "" : `${condition}: `;
      failed(
        new TransportError(
          "cancelled",
          `${label}: the broker ended the link to queue "${source}": ${why}${description}`,
        ),
      );
    },
  });
  const waiting = () => messagesIn(source, open, label);
  request.counted?.(await waiting());
  await link.attach();
  return {
    waiting,
    settle: (delivery, verdict, told) =>
      link.settle(delivery as Amqp10Delivery, verdict, told) || told("lost"),
    async stop() {
      const noAnswer = () => new TransportError("timeout", `${label}: the broker did not answer a flow`);
      // What still comes is given back.
      await within(open.timeoutMs, open.life, noAnswer, link.stop()).catch(() => {});
    },
    close: () => link.close(),
    leave: () => link.leave(),
  };
};

/** How many messages of the queue nobody has been handed, as its management node says. @throws TransportError */
async function messagesIn(queue: string, open: OpenConnection, label: string): Promise<number> {
  try {
    const management = await openManagement(open, label);
    try {
      const answer = await management.request("GET", queueAddress(queue));
      return Number((answer as { readonly message_count?: unknown } | null)?.message_count);
    } finally {
      management.close();
    }
  } catch (error) {
    throw declarationFailure(error, label);
  }
}

/**
 * Modified with delivery-failed counts against the limit of a quorum queue; up to 4.2 released does too. A dead letter
 * of a quorum queue keeps its annotations; classic queues drop them.
 */
function stateOf(verdict: Verdict): Buffer {
  if (verdict.kind === "done") return ACCEPTED;
  if (verdict.kind === "again") return verdict.failed ? FAILED : RELEASED;
  const { reason, description } = verdict;
  return undeliverable({ "x-opt-streamll-failure": reason, "x-opt-streamll-failure-message": description });
}
