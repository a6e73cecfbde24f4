// What sibling packages build on; outside semver.

export { answerOf, faultOf, nameOfError, runCallback } from "./callback.js";
export { grantedCapabilities } from "./capabilities.js";
export { connectDeadline, type Deadline, type Reached, startDeadline } from "./connect/deadline.js";
export {
  type Address,
  attemptsAt,
  bareHost,
  type DialAddress,
  dial,
  dialTcp,
  tlsOptions,
} from "./connect/dial.js";
export { type Login, login } from "./connect/login.js";
export { renewBeforeExpiry } from "./connect/renewal.js";
export { socketFaultOf, textOf } from "./connect/socket-fault.js";
export { endAfterStandstill } from "./connect/standstill.js";
export { type Reply, refusalOfVirtualHost } from "./connect/virtual-host.js";
export { isStreamllError, isTransportError } from "./copies.js";
export { type Clock, systemClock } from "./delivery/clock.js";
export * from "./delivery/engine.js";
export { Fifo } from "./delivery/fifo.js";
export { bodyBytes, type MessageFields, PreparedMessage, putBody } from "./delivery/message.js";
export {
  type CircuitBreakerOptions,
  type DeliveryOptions,
  defaultDeliveryOptions,
  type Overflow,
} from "./delivery/options.js";
export { expectEnding, isRepetition } from "./ending.js";
export { toEvent } from "./event/create-event.js";
export { encodeEvent } from "./event/encode-event.js";
export type { EventContext } from "./event/event.js";
export { randomId } from "./event/id.js";
export { plainJson } from "./event/plain-json.js";
export { epochMsOf } from "./event/timestamp.js";
export { type LineFields, type LogName, logLines, say, type Telling } from "./log-lines.js";
export { guarded, warnProcess } from "./logger.js";
export { notLoaded } from "./not-loaded.js";
export { printable, printableJson, printableLines } from "./printable.js";
export { isError, isPlainObject } from "./realm.js";
export { beforeColon, quoted, redacted, redactedDeeply, told } from "./redact.js";
export { partitionOf } from "./routing/partition.js";
export { compileTemplate, type Template } from "./routing/template.js";
export { parseDuration } from "./units/duration.js";
export { parseSize } from "./units/size.js";
export { type OpenMessage, refuseAccused, type Suspects } from "./wire/accused.js";
export * from "./wire/amqp10.js";
export { putBytes, putInt64 } from "./wire/bytes.js";
export { conflictHint, declarationHint } from "./wire/declaring.js";
export { cutToShortString, isShortString, putText, SHORT_STRING_MAX } from "./wire/text.js";
