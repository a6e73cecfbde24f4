import { errorBrand } from "./error-brand.js";
import { printable, printableLines } from "./printable.js";
import { redacted, told } from "./redact.js";

/** As the standard's `ErrorOptions`, which programs that compile for ES2020 do not have. */
export interface CauseOptions {
  readonly cause?: unknown;
}

/**
 * Base of every error that streamll raises: a stable `code`, the `cause` kept, a message that says what to do. The
 * message may be logged: passwords of URLs in it are masked, and control characters are written as `\u001b`.
 */
export class StreamllError extends Error {
  // Stated here, since a bundler that minifies renames the class.
  override name = "StreamllError";
  readonly code: string;

  constructor(code: string, message: string | readonly string[], options?: CauseOptions) {
    super(typeof message === "string" ? told(message) : message.map(printable).join("\n"), options);
    this.code = code;
  }

  static {
    Object.defineProperty(StreamllError.prototype, errorBrand, { value: true });
  }
}

/** The longest option name that an error shows: no valid name is longer. */
const LONGEST_NAME = 100;

/** One thing wrong with the options. `value` is shown with secrets redacted. */
export interface ConfigurationProblem {
  readonly option: string;
  readonly message: string;
}

/** The options cannot work. Lists every problem, not only the first. Code `CONFIGURATION`. */
export class ConfigurationError extends StreamllError {
  override name = "ConfigurationError";
  readonly problems: readonly ConfigurationProblem[];

  constructor(problems: readonly ConfigurationProblem[], options?: CauseOptions) {
    // The name may be user input; the message shows values only through `quoted`.
    const shown = problems.map(({ option, message }) => ({
      option: told(redacted(option).slice(0, LONGEST_NAME)),
      message: printableLines(message),
    }));
    const lines = shown.flatMap(({ option, message }) => `${option}: ${message}`.split("\n"));
    const isOne = shown.length === 1;
    super("CONFIGURATION", isOne ? lines : [`${shown.length} problems:`, ...lines.map(indented)], options);
    this.problems = shown;
  }
}

const indented = (line: string): string => `  ${line}`;

/** The package of a transport is not installed. Code `TRANSPORT_NOT_INSTALLED`. */
export class TransportNotInstalledError extends StreamllError {
  override name = "TransportNotInstalledError";
  readonly packageName: string;

  constructor(packageName: string, reason: string, options?: CauseOptions) {
    super(
      "TRANSPORT_NOT_INSTALLED",
      `${reason} needs the package ${packageName}: npm install ${packageName}`,
      options,
    );
    this.packageName = packageName;
  }
}

/** An object is not a valid event, or a wire document cannot be read as one. Code `INVALID_EVENT`. */
export class InvalidEventError extends StreamllError {
  override name = "InvalidEventError";
  /** The wire name of the field at fault, or `""` for the whole. */
  readonly field: string;

  constructor(field: string, message: string, options?: CauseOptions) {
    super("INVALID_EVENT", field === "" ? message : `${field}: ${message}`, options);
    this.field = told(field);
  }
}

/** Every kind of {@link TransportError}. */
export const transportErrorKinds = [
  "auth",
  "permission",
  "not-found",
  "topology-conflict",
  /** Another program writes under the same publisher name. */
  "second-writer",
  "tls",
  "unreachable",
  "timeout",
  "blocked",
  "protocol",
  "too-large",
  "throttled",
  /** No queue took the message. */
  "unroutable",
  /** The broker answered with a negative confirm. */
  "nack",
  /** The broker ended a subscription: its queue was deleted, its leader moved, or a time limit of the broker was over. */
  "cancelled",
] as const;

export type TransportErrorKind = (typeof transportErrorKinds)[number];

/** A failure of the broker or of the network to it. `code` is `TRANSPORT_` and the kind: `TRANSPORT_AUTH`. */
export class TransportError extends StreamllError {
  override name = "TransportError";
  readonly kind: TransportErrorKind;
  /** Whether a retry cannot help. */
  readonly permanent: boolean;

  constructor(
    kind: TransportErrorKind,
    message: string,
    options: CauseOptions & { readonly permanent?: boolean } = {},
  ) {
    super(`TRANSPORT_${kind.toUpperCase().replace("-", "_")}`, message, options);
    this.kind = kind;
    this.permanent = options.permanent ?? false;
  }
}

/** Every code of {@link DeliveryError}. */
export const deliveryErrorCodes = [
  "UNROUTABLE",
  "REJECTED",
  "EVENT_TOO_LARGE",
  "BUFFER_FULL",
  "DROPPED",
  "RETRIES_EXHAUSTED",
  "DELIVERY_TIMEOUT",
  "UNSENT_AT_STOP",
  "UNCONFIRMED_AT_STOP",
  "SPOOLED_AT_STOP",
  "SPOOL_DAMAGED",
  "STOPPED",
] as const;

export type DeliveryErrorCode = (typeof deliveryErrorCodes)[number];

/** One event was not delivered. */
export class DeliveryError extends StreamllError {
  override name = "DeliveryError";
  declare readonly code: DeliveryErrorCode;

  constructor(code: DeliveryErrorCode, message: string, options?: CauseOptions) {
    super(code, message, options);
  }
}
