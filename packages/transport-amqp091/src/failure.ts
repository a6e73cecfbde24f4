import { TransportError } from "@streamll/core";
import { isError, textOf } from "@streamll/core/internal";
import {
  classifySocketError,
  classifyVirtualHostRefusal,
  errorOf,
  type Reply,
  rabbitmqHints,
  silentPeer,
  type Verdict,
  verdict,
} from "@streamll/transport-kit";

const {
  declarationHint,
  conflictHint,
  CHECK_ARGUMENTS,
  CHECK_LOGIN,
  GRANT_DECLARE,
  GRANT_READ,
  GRANT_WRITE,
  SEE_THE_LOG,
} = rabbitmqHints;

/** What was going on when it failed. */
export type Stage = "connect" | "declare" | "use" | "consume";

/** Puts a failure in the terms of the seam. `label` is the endpoint's URL without its password. */
export function failure(error: unknown, stage: Stage, label: string): TransportError {
  if (error instanceof TransportError) return error;
  const reply = replyOf(error);
  const what = reply ? `${reply.code} ${withoutData(reply.text)}` : textOf(error);
  const meaning = reply ? classifyReply(reply, stage) : classifyError(error, stage);
  return errorOf(meaning, `${label}: ${what}`, error);
}

/** amqplib keeps the code on the error, once the connection is open, and the text in its message alone. */
export function replyOf(error: unknown): Reply | undefined {
  if (!isError(error)) return undefined;
  const found = /(\d{3}) \([^)]*\) with message "(.*)"/s.exec(error.message);
  return found ? { code: Number(found[1]), text: found[2]! } : undefined;
}

/** Whether a broker's error is about messages to this exchange with this key. */
export type Names = (exchange: string, routingKey: string) => boolean;

/**
 * Which messages the broker refuses, where it ends a channel over one and says so. An error about the exchange of all
 * messages accuses none of them.
 */
export function refusedBy(error: unknown, exchangeOfAll: string): Names | undefined {
  const { code, text = "" } = replyOf(error) ?? {};
  if (code !== 403 && code !== 404) return undefined;
  const topic = text.indexOf(TOPIC);
  if (topic >= 0) {
    const told = text.slice(topic);
    return (exchange, routingKey) => tells(told, `${TOPIC}${routingKey}' in exchange '${exchange}' in vhost`);
  }
  const place = text.indexOf("exchange '");
  if (place < 0) return undefined;
  const told = text.slice(place);
  const names = (exchange: string) => tells(told, `exchange '${exchange}' in vhost`);
  return names(exchangeOfAll) ? undefined : names;
}

const TOPIC = "access to topic '";

const tells = (told: string, sentence: string): boolean =>
  told.startsWith(sentence) || (CUT.test(told) && sentence.startsWith(told.replace(CUT, "")));

/** RabbitMQ cuts its texts to 255 bytes, the last three of them dots, even in the middle of a character. */
const CUT = /\ufffd*\.\.\.$/;

/** A broker's error may fit several messages, among them some that it did not mean. */
export const isCut = (error: unknown): boolean => CUT.test(replyOf(error)?.text ?? "");

/** What the broker quotes of an event belongs in no log. */
const withoutData = (text: string): string =>
  text
    .replace(/(access to topic ')(?:.*(' in exchange '.*(?<!\.\.\.)$)|.*$)/s, "$1…$2")
    .replace(/(octets = ).*?(?=(?:: \{\w+,[\d,]*\})?$)/s, "$1…");

export function classifyReply({ code, text }: Reply, stage: Stage): Verdict {
  const refusal = classifyVirtualHostRefusal(text);
  if (refusal?.kind === "throttled") return refusal;
  switch (code) {
    case 403:
      if (text.includes("Login was refused"))
        return verdict("auth", true, text.includes("EXTERNAL") ? USER_OF_CERTIFICATE : CHECK_LOGIN);
      if (stage === "consume") return classifyRefusedConsumer(text);
      return verdict(
        "permission",
        true,
        stage === "use" ? GRANT_WRITE : (declarationHint(text) ?? GRANT_DECLARE),
      );
    case 404:
      // The node of a queue, or, while it recovers, its process.
      if (/is down or inaccessible|is stopped by supervisor/.test(text))
        return verdict("unreachable", false, "Start the queue's node, or wait until it has recovered");
      if (stage === "consume") return verdict("not-found", true, rabbitmqHints.NAME_OR_CREATE);
      return stage === "declare"
        ? verdict("not-found", true, rabbitmqHints.CREATE)
        : verdict("not-found", false, rabbitmqHints.MAKE_AGAIN);
    case 405:
      return verdict("permission", false, "Another connection holds it as its own: use another name");
    case 406:
      return classifyPrecondition(text, stage);
    case 320:
      return verdict("unreachable", false, rabbitmqHints.BROKER_WENT_DOWN);
    case 530:
      if (refusal) return refusal;
      return /secret/i.test(text)
        ? verdict("auth", false, "Check what the credentials function gives")
        : verdict("protocol", true, SEE_THE_LOG);
    case 506:
      return verdict("throttled", false, rabbitmqHints.SHORT_OF_RESOURCES);
    default: {
      // RabbitMQ 3 ends the connection (503) over a type of exchange that it does not know.
      const hint = declarationHint(text);
      return verdict("protocol", hint !== undefined, hint ?? SEE_THE_LOG);
    }
  }
}

const classifyRefusedConsumer = (text: string): Verdict =>
  text.includes("exclusive use")
    ? verdict(
        "permission",
        false,
        "Another consumer has the queue for itself: end that one, or make it not exclusive",
      )
    : verdict("permission", true, GRANT_READ);

const USER_OF_CERTIFICATE =
  "The broker has no user that is named as the certificate says (by default its whole subject): make one, or give username and password";

const LATE_SETTLEMENT =
  "A message was not settled within the broker's consumer_timeout (30 minutes by default): settle it earlier, or raise that";

/** The second are LavinMQ's words. */
export const isConflict = (text: string): boolean => /inequivalent|other arguments/.test(text);

function classifyPrecondition(text: string, stage: Stage): Verdict {
  if (/message size/i.test(text)) {
    return verdict("too-large", true, "Lower maxEventBytes, or raise the broker's max_message_size");
  }
  if (/acknowledgement.* timed out/.test(text)) return verdict("cancelled", false, LATE_SETTLEMENT);
  if (stage !== "declare") return verdict("protocol", false, SEE_THE_LOG);
  return isConflict(text)
    ? verdict("topology-conflict", true, conflictHint(text))
    : verdict("protocol", true, declarationHint(text) ?? CHECK_ARGUMENTS);
}

function classifyError(error: unknown, stage: Stage): Verdict {
  // amqplib refuses to encode a value with these, at every try.
  const isUnencodable = isError(error) && (error.name === "TypeError" || error.name === "RangeError");
  return stage === "declare" && isUnencodable
    ? verdict("protocol", true, CHECK_ARGUMENTS)
    : classifySocket(error);
}

function classifySocket(error: unknown): Verdict {
  const text = textOf(error);
  if (text === "Heartbeat timeout") return silentPeer;
  const plain = "The port does not speak TLS: use amqp://, or the broker's TLS port (5671)";
  const fault = classifySocketError(error, { plain });
  if (fault) return fault;
  // An HTTP server's answer, or another version of AMQP, read as a frame.
  if (/exceeds maxFrameSize|Invalid frame|Unknown frame type/.test(text)) {
    return verdict("protocol", true, "The other end does not speak AMQP 0-9-1");
  }
  if (/SASL mechanism EXTERNAL/.test(text)) {
    const hint =
      "The broker does not take the user from a certificate: enable rabbitmq_auth_mechanism_ssl there, or give username and password";
    return verdict("auth", true, hint);
  }
  if (/SASL mechanism/.test(text))
    return verdict("auth", true, "The broker does not take user name and password");
  if (/Unexpected close/.test(text)) {
    return verdict("unreachable", false, "The other end hung up: see the broker's log");
  }
  return verdict("protocol", false, SEE_THE_LOG);
}
