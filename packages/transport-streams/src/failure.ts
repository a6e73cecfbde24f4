import { TransportError, type TransportErrorKind } from "@streamll/core";
import { textOf } from "@streamll/core/internal";
import { socketFaultOf } from "@streamll/transport-kit";
import * as code from "./protocol/codes.js";
import { MalformedFrameError } from "./protocol/reader.js";
import { ClosedByBrokerError, RefusedError, SilentPeerError } from "./wire.js";

interface Verdict {
  readonly kind: TransportErrorKind;
  readonly permanent: boolean;
  /** What to do. */
  readonly hint?: string;
}

/** What was going on when it failed. */
export type Stage = "login" | "virtual host" | "declare" | "publisher" | "use";

export const transportError = (
  kind: TransportErrorKind,
  message: string,
  options: ErrorOptions & { permanent?: boolean } = {},
) => new TransportError(kind, message, options);

/** Puts a failure in the terms of the seam. `label` is the endpoint's URL without its password. */
export function failure(error: unknown, stage: Stage, label: string): TransportError {
  if (error instanceof TransportError) return error;
  const { kind, permanent, hint } = judge(error, stage);
  return transportError(kind, `${label}: ${textOf(error)}${hint ? `. ${hint}` : ""}`, {
    cause: error,
    permanent,
  });
}

function judge(error: unknown, stage: Stage): Verdict {
  if (error instanceof RefusedError) return judgeCode(error.code, stage);
  if (error instanceof ClosedByBrokerError) return judgeClosing(error.code, stage);
  if (error instanceof SilentPeerError) return timeout;
  if (error instanceof MalformedFrameError)
    return { kind: "protocol", permanent: stage === "login", hint: NOT_STREAMS };
  return judgeSocket(error, stage);
}

const NOT_STREAMS =
  "The other end does not speak the stream protocol: enable the plugin rabbitmq_stream, and use its port (5552, with TLS 5551)";
const PLAIN_PORT = "The port does not speak TLS: use rabbitmq-stream://, or the broker's TLS port (5551)";
const SEE_THE_LOG = "See the broker's log";

function judgeCode(answer: number, stage: Stage): Verdict {
  switch (answer) {
    case code.AUTHENTICATION_FAILURE:
      return { kind: "auth", permanent: true, hint: "Check the user name and the password" };
    case code.LOOPBACK_ONLY:
      return { kind: "auth", permanent: true, hint: "Make another user: guest is for the broker's own host" };
    case code.MECHANISM_NOT_SUPPORTED:
      return {
        kind: "auth",
        permanent: true,
        hint: "The broker does not take this kind of login for streams",
      };
    case code.VIRTUAL_HOST_ACCESS_FAILURE:
      return {
        kind: "not-found",
        permanent: true,
        hint: "Check the path of the URL: it is the virtual host, percent-encoded; and that the user may access it",
      };
    case code.ACCESS_REFUSED:
      return {
        kind: "permission",
        permanent: true,
        hint:
          stage === "declare"
            ? 'Grant the user the right to configure the stream, or set declareTopology: "passive"'
            : "Grant the user the right to write to the stream",
      };
    case code.STREAM_DOES_NOT_EXIST:
      return {
        kind: "not-found",
        permanent: stage !== "use",
        hint: 'Create the stream, or let it be made with declareTopology: "declare"',
      };
    case code.STREAM_NOT_AVAILABLE:
    case code.PUBLISHER_DOES_NOT_EXIST:
      return {
        kind: "unreachable",
        permanent: false,
        hint: "The stream is without a leader, or moves to another node",
      };
    case code.PRECONDITION_FAILED:
      // Also what a disk alarm answers to a new publisher: it passes.
      return {
        kind: "blocked",
        permanent: false,
        hint: "See whether the broker has an alarm (disk), and its log",
      };
    default:
      return { kind: "protocol", permanent: false, hint: SEE_THE_LOG };
  }
}

function judgeClosing(answer: number, stage: Stage): Verdict {
  if (answer === code.OK) return hungUp;
  if (answer === code.FRAME_TOO_LARGE) return { kind: "protocol", permanent: false, hint: SEE_THE_LOG };
  const verdict = judgeCode(answer, stage);
  return verdict.kind === "blocked" ? { kind: "protocol", permanent: false, hint: SEE_THE_LOG } : verdict;
}

const timeout: Verdict = {
  kind: "timeout",
  permanent: false,
  hint: "The broker hangs, or the network swallows what is sent",
};
const hungUp: Verdict = {
  kind: "unreachable",
  permanent: false,
  hint: "The broker went down, or somebody closed the connection there: see its log",
};

function judgeSocket(error: unknown, stage: Stage): Verdict {
  // So a stream port without TLS answers the first word of TLS, and so does a broker that dies just then.
  if (/before secure TLS connection/.test(textOf(error)))
    return { kind: "tls", permanent: false, hint: PLAIN_PORT };
  switch (socketFaultOf(error)) {
    case "timeout":
      return timeout;
    case "unknown-host":
      return { kind: "unreachable", permanent: false, hint: "Check the host's name" };
    case "unreachable": {
      const hint =
        stage === "login"
          ? "Check host and port (5552, with TLS 5551), that the broker runs, and that its plugin rabbitmq_stream is enabled"
          : "The broker went down, or the network lost the connection";
      return { kind: "unreachable", permanent: false, hint };
    }
    case "plain": {
      return { kind: "tls", permanent: true, hint: PLAIN_PORT };
    }
    case "certificate-required": {
      const hint = "The broker asks for a certificate of yours: set tls.cert and tls.key";
      return { kind: "tls", permanent: true, hint };
    }
    case "certificate": {
      const hint = "Check the certificates: tls.ca, tls.servername, tls.cert, tls.key and tls.passphrase";
      return { kind: "tls", permanent: true, hint };
    }
  }
  if (/Socket closed/.test(textOf(error))) return hungUp;
  return { kind: "protocol", permanent: false, hint: SEE_THE_LOG };
}
