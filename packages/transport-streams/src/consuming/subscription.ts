import {
  type LogPosition,
  type LogRequest,
  type SubscribeRequest,
  type Subscription,
  TransportError,
} from "@streamll/core";
import { logLine } from "@streamll/core/internal";
import { connectionLife, within } from "@streamll/transport-kit";
import { failure } from "../failure.js";
import type { StreamsTransportOptions } from "../options.js";
import { Chunk, CompressionError } from "../protocol/chunk.js";
import { close } from "../protocol/close.js";
import { OK } from "../protocol/codes.js";
import { CLOSE, CONSUMER_UPDATE, CREDIT, DELIVER, METADATA_UPDATE, RESPONSE } from "../protocol/commands.js";
import { readMetadataUpdate } from "../protocol/metadata.js";
import type { Reader } from "../protocol/reader.js";
import { noOffset, offsetSpecification, readConsumerUpdate } from "../protocol/subscribe.js";
import type { Wire } from "../wire.js";
import { StreamDelivery } from "./delivery.js";
import { type Activation, type PartitionReader, readersOf } from "./reader.js";

export interface SubscriptionSetup {
  readonly options: StreamsTransportOptions;
  /** The endpoint's, for messages. */
  readonly label: string;
  readonly request: SubscribeRequest;
  readonly log: LogRequest;
  /** By stream, where it is read. */
  readonly wires: ReadonlyMap<string, Wire>;
}

export interface OpenSubscription extends Subscription {
  /** Subscribes to each stream. */
  begin(): Promise<void>;
  fail(error: unknown): void;
}

interface Waiting {
  readonly activation: Activation;
  readonly chunk: Chunk;
}

/** Reads the partitions over their connections, which live and die together. */
export function openSubscription(setup: SubscriptionSetup): OpenSubscription {
  const { options, label, request, log } = setup;
  const wires = [...new Set(setup.wires.values())];
  const readers = readersOf(setup.wires, request.source, log);
  const own = new Set(readers);
  const readerOf = (wire: Wire, id: number) =>
    readers.find((reader) => reader.wire === wire && reader.subscriptionId === id);
  /** In the order in which they came. */
  const chunks: Waiting[] = [];
  let unsettled = 0;
  let isOver = false;
  let isWoken = false;
  let stopping: Promise<void> | undefined;

  const over = new AbortController();
  const life = connectionLife({
    gone: Promise.race(wires.map(({ ended }) => ended)).then((error) => {
      end(error);
      return failure(error, "use", label);
    }),
    goodbye: () => Promise.all(wires.map((wire) => wire.ask(CLOSE, close({ code: OK, reason: "OK" })))),
    destroy: () => end(new Error("Closed")),
  });

  function end(error: Error): void {
    isOver = true;
    over.abort();
    chunks.length = 0;
    for (const reader of readers) reader.activation = undefined;
    for (const wire of wires) wire.end(error);
  }

  function handOver(): void {
    isWoken = false;
    if (isOver || stopping !== undefined) return;
    const deliveries: StreamDelivery[] = [];
    try {
      while (unsettled < request.window && chunks.length > 0) {
        const delivery = next(chunks[0]!);
        if (delivery !== undefined) deliveries.push(delivery);
      }
    } catch (error) {
      queueMicrotask(() => fail(error));
    }
    if (deliveries.length > 0) request.receive(deliveries);
  }

  /** The next delivery of the first chunk; `undefined` where it has none, or not one that was asked for. */
  function next({ activation, chunk }: Waiting): StreamDelivery | undefined {
    const { reader } = activation;
    if (chunk.isEmpty || reader.activation !== activation) {
      chunks.shift();
      if (reader.activation === activation) refill(reader);
      return undefined;
    }
    const offset = chunk.nextOffset;
    const bytes = chunk.next();
    if (offset < activation.from) return undefined;
    activation.unsettled++;
    unsettled++;
    return new StreamDelivery(bytes, reader.stream, offset, activation);
  }

  const refill = (reader: PartitionReader) =>
    reader.refill(chunks.filter(({ activation }) => activation === reader.activation).length);

  function wake(): void {
    if (isWoken || chunks.length === 0) return;
    isWoken = true;
    setImmediate(handOver);
  }

  function received(wire: Wire, command: number, content: Reader): void {
    if (command === DELIVER) return delivered(readerOf(wire, content.u8()), content);
    if (command === CONSUMER_UPDATE) return updated(wire, readConsumerUpdate(content));
    if (command === METADATA_UPDATE) return moved(readMetadataUpdate(content).stream);
    if (command !== (CREDIT | RESPONSE)) return;
    content.u16();
    readerOf(wire, content.u8())?.spend();
  }

  function delivered(reader: PartitionReader | undefined, content: Reader): void {
    if (reader === undefined) return;
    reader.spend();
    const { activation } = reader;
    if (activation === undefined || stopping !== undefined) return;
    const chunk = new Chunk(content);
    if (!activation.hasBegun && !chunk.isEmpty) begun(activation, chunk);
    chunks.push({ activation, chunk });
    if (chunks.length === 1) handOver();
  }

  /** Retention may have removed what was asked for. */
  function begun(activation: Activation, { firstOffset, endOffset }: Chunk): void {
    activation.hasBegun = true;
    const { from, reader } = activation;
    if (endOffset <= from && firstOffset < from) throw shorter(reader, endOffset, from);
    if (firstOffset <= from || from === 0) return;
    const message = `${label}: stream ${reader.stream} has nothing before offset ${firstOffset} any more, and was to be read from ${from}: its retention has removed what is between`;
    logLine(options.logger, "offset_gone", { endpoint: label, partition: reader.stream }, message);
  }

  /** The broker gives what comes next instead. `not-found`: what is known of the stream is of another one. */
  const shorter = ({ stream }: PartitionReader, end: number, from: number) =>
    new TransportError(
      "not-found",
      `${label}: stream ${stream} has ${end} messages, and was to be read from offset ${from}: it was made anew. Where offsets are kept by a store of yours, remove its offset there`,
    );

  function moved(stream: string): void {
    if (!setup.wires.has(stream)) return;
    const message = `${label}: the broker ended the subscription of the stream "${stream}": it was deleted, or its node went down`;
    fail(new TransportError("cancelled", message));
  }

  function updated(
    wire: Wire,
    { correlationId, subscriptionId, active }: ReturnType<typeof readConsumerUpdate>,
  ): void {
    const reader = readerOf(wire, subscriptionId);
    if (reader === undefined) return;
    if (!active) leave(reader);
    reader.updating = reader.updating.then(async () => {
      // It may have become active meanwhile.
      if (!active) leave(reader);
      try {
        const position = active ? await positionOf(reader) : await log.left(reader.stream);
        if (isOver || stopping !== undefined) return;
        if (position !== undefined) reader.begin(position);
        const specification = position === undefined ? noOffset() : offsetSpecification(position);
        wire.answer(CONSUMER_UPDATE, correlationId, specification);
        if (position !== undefined) refill(reader);
      } catch (error) {
        fail(error);
      }
    });
  }

  /** What came of the partition is void. */
  function leave(reader: PartitionReader): void {
    unsettled -= reader.activation?.unsettled ?? 0;
    reader.activation = undefined;
    wake();
  }

  function positionOf(reader: PartitionReader): Promise<LogPosition> {
    const { stream } = reader;
    const late = () =>
      new TransportError("timeout", `${label}: the offset of ${stream} was not told in time`);
    const asked = log.position(stream, () => reader.storedOffset());
    return within(options.connectionTimeoutMs, over.signal, late, asked);
  }

  async function beginReading(reader: PartitionReader): Promise<void> {
    // A single active consumer is asked by the broker, when it becomes active.
    if (log.singleActive) return reader.subscribe("next");
    const position = await positionOf(reader);
    reader.begin(position);
    await reader.subscribe(position);
  }

  async function unsubscribeAll(): Promise<void> {
    chunks.length = 0;
    if (isOver || life.isClosing()) return;
    const late = () => new TransportError("timeout", `${label}: the broker did not answer Unsubscribe`);
    const asked = Promise.all(readers.map((reader) => reader.unsubscribe()));
    try {
      await within(options.connectionTimeoutMs, over.signal, late, asked);
    } catch (error) {
      fail(error);
    }
  }

  function fail(error: unknown): void {
    if (isOver) return;
    end(failure(error instanceof CompressionError ? unreadable(error) : error, "use", label));
  }

  const unreadable = ({ message }: CompressionError) =>
    new TransportError("protocol", `${label}: ${message}`);

  for (const wire of wires) wire.onPush = (command, content) => received(wire, command, content);

  return {
    closed: life.closed,
    close: life.close,
    fail,
    async begin() {
      for (const reader of readers) await beginReading(reader);
    },
    settle(delivery, _verdict, told) {
      const activation = delivery instanceof StreamDelivery ? delivery.holder : undefined;
      const reader = activation?.reader;
      if (reader === undefined || reader.activation !== activation || !own.has(reader)) return told("lost");
      (delivery as StreamDelivery).holder = undefined;
      activation!.unsettled--;
      unsettled--;
      told("written");
      wake();
    },
    stop() {
      stopping ??= unsubscribeAll();
      return stopping;
    },
    storeOffset(stream, offset) {
      readers.find((reader) => reader.stream === stream)?.storeOffset(offset);
    },
  };
}
