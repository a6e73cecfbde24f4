import { TransportError } from "@streamll/core";
import { textOf } from "@streamll/core/internal";
import {
  classifySocketError,
  errorOf,
  rabbitmqHints,
  silentPeer,
  type Verdict,
  verdict,
} from "@streamll/transport-kit";
import * as code from "./protocol/codes.js";
import { MalformedFrameError } from "./protocol/reader.js";
import { ClosedByBrokerError, RefusedError, SilentPeerError } from "./wire.js";

/** What was going on when it failed. */
export type Stage = "login" | "virtual host" | "declare" | "publisher" | "consumer" | "use";

/** Puts a failure in the terms of the seam. `label` is the endpoint's URL without its password. */
export function failure(error: unknown, stage: Stage, label: string): TransportError {
  if (error instanceof TransportError) return error;
  return errorOf(classify(error, stage), `${label}: ${textOf(error)}`, error);
}

function classify(error: unknown, stage: Stage): Verdict {
  if (error instanceof RefusedError) return classifyCode(error.code, stage);
  if (error instanceof ClosedByBrokerError) return classifyClosing(error.code, stage);
  if (error instanceof SilentPeerError) return silentPeer;
  if (error instanceof MalformedFrameError) return verdict("protocol", stage === "login", NOT_STREAMS);
  return classifySocket(error, stage);
}

const RIGHTS: Partial<Record<Stage, string>> = {
  declare: 'Grant the user the right to configure the stream, or set declareTopology: "passive"',
  consumer: "Grant the user the right to read the stream",
};
const { SEE_THE_LOG } = rabbitmqHints;
const NOT_STREAMS =
  "The other end does not speak the stream protocol: enable the plugin rabbitmq_stream, and use its port (5552, with TLS 5551)";
const PLAIN_PORT = "The port does not speak TLS: use rabbitmq-stream://, or the broker's TLS port (5551)";

const HUNG_UP = `${rabbitmqHints.BROKER_WENT_DOWN}: see its log`;

function classifyCode(answer: number, stage: Stage): Verdict {
  switch (answer) {
    case code.AUTHENTICATION_FAILURE:
      return verdict("auth", true, rabbitmqHints.CHECK_LOGIN);
    case code.LOOPBACK_ONLY:
      return verdict("auth", true, "Make another user: guest is for the broker's own host");
    case code.MECHANISM_NOT_SUPPORTED:
      return verdict("auth", true, "The broker does not take this kind of login for streams");
    case code.VIRTUAL_HOST_ACCESS_FAILURE:
      return verdict(
        "not-found",
        true,
        "Check the path of the URL: it is the virtual host, percent-encoded; and that the user may access it",
      );
    case code.ACCESS_REFUSED:
      return verdict("permission", true, RIGHTS[stage] ?? "Grant the user the right to write to the stream");
    case code.STREAM_DOES_NOT_EXIST:
      return verdict(
        "not-found",
        stage !== "use",
        'Create the stream, or let it be made with declareTopology: "declare"',
      );
    case code.STREAM_NOT_AVAILABLE:
    case code.PUBLISHER_DOES_NOT_EXIST:
      return verdict("unreachable", false, "The stream is without a leader, or moves to another node");
    case code.PRECONDITION_FAILED:
      // Also what a disk alarm answers to a new publisher: it passes.
      return verdict("blocked", false, "See whether the broker has an alarm (disk), and its log");
    default:
      return verdict("protocol", false, SEE_THE_LOG);
  }
}

function classifyClosing(answer: number, stage: Stage): Verdict {
  if (answer === code.OK) return verdict("unreachable", false, HUNG_UP);
  if (answer === code.FRAME_TOO_LARGE) return verdict("protocol", false, SEE_THE_LOG);
  const meaning = classifyCode(answer, stage);
  return meaning.kind === "blocked" ? verdict("protocol", false, SEE_THE_LOG) : meaning;
}

function classifySocket(error: unknown, stage: Stage): Verdict {
  const unreachable =
    stage === "login"
      ? "Check host and port (5552, with TLS 5551), that the broker runs, and that its plugin rabbitmq_stream is enabled"
      : "The broker went down, or the network lost the connection";
  return (
    classifySocketError(error, { unreachable, plain: PLAIN_PORT, "tls-cut": PLAIN_PORT, closed: HUNG_UP }) ??
    verdict("protocol", false, SEE_THE_LOG)
  );
}
