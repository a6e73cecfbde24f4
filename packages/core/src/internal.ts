// What sibling packages build on; outside semver.

export { putBytes, putInt64, putSlice, putText } from "./buffer/bytes.js";
export { canCompress } from "./buffer/compress.js";
export { type EventFields, PreparedMessage } from "./buffer/encoded-event.js";
export { type EncodedMessage, encodedMessage } from "./buffer/encoded-message.js";
export { Fifo } from "./buffer/fifo.js";
export {
  DOUBLE_VALUE,
  eachHeader,
  FALSE_VALUE,
  INT_VALUE,
  isTextValue,
  LONG_VALUE,
  NULL_VALUE,
  putString,
  putValue,
  readHeaders,
  TRUE_VALUE,
} from "./buffer/header-block.js";
export { BATCH_HEADER, type Packing } from "./buffer/packing.js";
export { PrefixMemory } from "./buffer/prefix-memory.js";
export * from "./buffer/record.js";
export { answerOf, faultOf, isThenable, nameOfError, runCallback } from "./callback.js";
export { grantedCapabilities } from "./capabilities.js";
export { ConsumingEngine } from "./consuming/engine.js";
export { codeOfThrown } from "./consuming/failure-words.js";
export { GivenBack } from "./consuming/handler-errors.js";
export { Locks } from "./consuming/locks.js";
export { LogOffsets, type LogOptions } from "./consuming/log-offsets.js";
export { memoryDedup } from "./consuming/memory-dedup.js";
export { type ConsumingOptions, defaultConsumingOptions } from "./consuming/options.js";
export type { ParkingRequest } from "./consuming/parking.js";
export { Relay, relayedCopy } from "./consuming/relay.js";
export type { ConsumingSetup } from "./consuming/setup.js";
export { FrameworkCalls } from "./context/framework-calls.js";
export { parsedJson } from "./context/llm/tool-calls.js";
export { isStreamllError, isTransportError } from "./copies.js";
export { type Clock, systemClock } from "./delivery/clock.js";
export * from "./delivery/engine.js";
export * from "./delivery/engine-events.js";
export { CHECK_THE_BROKER } from "./delivery/lane/patience.js";
export {
  type CircuitBreakerOptions,
  type DeliveryOptions,
  defaultDeliveryOptions,
  type Overflow,
} from "./delivery/options.js";
export { Pause } from "./delivery/pause.js";
export { withResolvers } from "./delivery/promises.js";
export type { DeliverySetup, PublishOptions } from "./delivery/setup.js";
export type { SpoolFolder, SpoolMode, SpoolSetup } from "./delivery/spool/setup.js";
export { expectEnding, isRepetition } from "./ending.js";
export { textOf } from "./error-text.js";
export { toEvent } from "./event/create-event.js";
export { encodeEvent } from "./event/encode-event.js";
export type { EventContext } from "./event/event.js";
export { BodyEncoder, type EventBody } from "./event/event-body.js";
export { randomId } from "./event/id.js";
export { plainJson } from "./event/plain-json.js";
export { epochMsOf } from "./event/timestamp.js";
export { guarded, warnProcess } from "./logger.js";
export { notLoaded } from "./not-loaded.js";
export { printable, printableJson, printableLines } from "./printable.js";
export { isError, isPlainObject } from "./realm.js";
export { beforeColon, quoted, redacted, redactedDeeply, told } from "./redact.js";
export { partitionOf } from "./routing/partition.js";
export { compileTemplate, type Template } from "./routing/template.js";
export { topicMatches, wordsOf } from "./routing/topic.js";
export { type LeftFile, leftFiles, type ReadableDisk } from "./spool/left.js";
export { type FolderContent, lookInto } from "./spool/look.js";
export { type LeftEvent, readLeft } from "./spool/reader.js";
export type { ReadCount } from "./spool/search.js";
export { type Disk, type DiskFile, type Fsync, Spool, type SpooledEvent } from "./spool/spool.js";
export { Histogram } from "./telemetry/histogram.js";
export { type Cadence, type LineFields, type LogName, logLine, logLines } from "./telemetry/log-lines.js";
export { parseDuration } from "./units/duration.js";
export { parseSize } from "./units/size.js";
