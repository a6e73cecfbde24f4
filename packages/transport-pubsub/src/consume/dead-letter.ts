import { TransportError, type Verdict } from "@streamll/core";
import type { Line } from "../line.js";
import { pathOf } from "../names.js";
import type { Held } from "./delivery.js";
import { persistently } from "./persistence.js";
import type { Source } from "./source.js";

const TIMEOUT_MS = 30_000;
/** Of an attribute, in characters: at most 1,024 bytes. */
const LONGEST_TEXT = 340;

type Dead = Verdict & { readonly kind: "dead" };

/** Dead letters on their way to their topic. */
export interface DeadLetters {
  /** `then` is called once: whether the letter is there. */
  bury(held: Held, verdict: Dead, then: (isThere: boolean) => void): void;
  /** Resolves when none is under way. */
  idle(): Promise<unknown>;
  /** None that is under way counts as being there. */
  end(): void;
}

export function deadLetters(line: Line, source: Source, signal: AbortSignal): DeadLetters {
  const underWay = new Map<(isThere: boolean) => void, Promise<void>>();
  return {
    bury(held, verdict, then) {
      const finish = (isThere: boolean) => {
        if (underWay.delete(then)) then(isThere);
      };
      const letter = publish(line, source, held, verdict, signal).then(
        () => finish(true),
        () => finish(false),
      );
      underWay.set(then, letter);
    },
    idle: () => Promise.all(underWay.values()),
    end() {
      const unfinished = [...underWay.keys()];
      underWay.clear();
      for (const then of unfinished) then(false);
    },
  };
}

/**
 * Puts a message into the topic for dead letters, with the reason as attributes. By itself the service does so only once
 * a message was delivered as often as its subscription allows, and without a reason.
 *
 * @throws TransportError where the subscription names no such topic.
 */
async function publish(
  { api, label }: Line,
  { id, deadLetterTopic }: Source,
  { delivery, attributes }: Held,
  { reason, description }: Dead,
  signal: AbortSignal,
): Promise<void> {
  if (deadLetterTopic === undefined)
    throw new TransportError(
      "not-found",
      `${label}: the subscription "${id}" names no topic for dead letters`,
    );
  const message = {
    data: delivery.body.toString("base64"),
    attributes: {
      ...attributes,
      streamll_failure: reason.slice(0, LONGEST_TEXT),
      streamll_failure_message: description.slice(0, LONGEST_TEXT),
      streamll_queue: id,
    },
    ...(delivery.orderingKey !== undefined && { orderingKey: delivery.orderingKey }),
  };
  const path = `${pathOf(deadLetterTopic)}:publish`;
  const body = JSON.stringify({ messages: [message] });
  await persistently(signal, () => api.call({ method: "POST", path, body, timeoutMs: TIMEOUT_MS }));
}
