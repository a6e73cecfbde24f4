import type { LogPosition } from "@streamll/core";
import { type Client, Offset } from "rabbitmq-stream-js-client";
import { describe, expect, it, vi } from "vitest";
import { close } from "../src/protocol/close.js";
import * as command from "../src/protocol/commands.js";
import { metadata } from "../src/protocol/metadata.js";
import { queryOffset, storeOffset } from "../src/protocol/offset.js";
import { open } from "../src/protocol/open.js";
import { peerProperties, readProperties } from "../src/protocol/peer-properties.js";
import { PUBLISH_HEAD_BYTES, putEntryHead, putPublishHead } from "../src/protocol/publish.js";
import { declarePublisher, deletePublisher, queryPublisherSequence } from "../src/protocol/publisher.js";
import { Reader } from "../src/protocol/reader.js";
import { saslAuthenticate } from "../src/protocol/sasl.js";
import { create, deleteStream } from "../src/protocol/stream.js";
import { credit, offsetSpecification, subscribe, unsubscribe } from "../src/protocol/subscribe.js";
import { createSuperStream, deleteSuperStream, partitions, route } from "../src/protocol/super-stream.js";
import { tune } from "../src/protocol/tune.js";
import { frame, list, u8, u16, u32 } from "../src/protocol/writer.js";
import { chunkBytes } from "./support/chunk.js";
import { WAIT } from "./support/connect.js";
import { FakeStreamServer, type ReceivedFrame } from "./support/fake-server.js";
import { officialClient } from "./support/official.js";
import { simple } from "./support/put.js";

/** What rabbitmq-stream-js-client puts on the wire for sessions of a publisher and of a consumer. */
async function captured(): Promise<ReceivedFrame[]> {
  const streams = [command.PARTITIONS, command.ROUTE];
  await using server = await FakeStreamServer.start({
    streams: [],
    answer: (key, request) =>
      streams.includes(key)
        ? frame(
            key | command.RESPONSE,
            1,
            u32(request.u32()),
            u16(1),
            list([], () => u16(0)),
          )
        : undefined,
  });
  const client = await officialClient({ port: server.port, username: "anna", password: "se:cret" });
  const args = { "max-age": "6h", "stream-max-segment-size-bytes": 500_000_000, "max-length-bytes": 2 ** 40 };
  await client.createStream({ stream: "events", arguments: args });
  const publisher = await client.declarePublisher({ stream: "events", publisherRef: "indexer" });
  for (const text of ["one", "", "x".repeat(300)]) await publisher.send(Buffer.from(text));
  await vi.waitUntil(() => server.streams.get("events")?.stored.length === 3, WAIT);
  await client.deletePublisher(publisher.extendedId);
  await consuming(client, server);
  await client.queryPartitions({ superStream: "invoices" });
  await client.routeQuery({ routingKey: "invoice-1", superStream: "invoices" });
  await client.createSuperStream({ streamName: "invoices", arguments: { "max-age": "1h" } }, undefined, 3);
  await client.deleteSuperStream({ streamName: "invoices" });
  await client.deleteStream({ stream: "events" });
  await client.close();
  return server.received;
}

async function consuming(client: Client, server: FakeStreamServer): Promise<void> {
  const sent = (key: number) => server.received.some(({ command }) => command === key);
  for (const offset of [Offset.first(), Offset.next(), Offset.offset(5n), Offset.timestamp(new Date(1e12))]) {
    const consumer = await client.declareConsumer(
      {
        ...{ stream: "events", offset, consumerRef: "billing", singleActive: true },
        consumerUpdateListener: async () => Offset.offset(7n),
      },
      () => {},
    );
    const subscriptionId = server.received.findLast(({ command: key }) => key === command.SUBSCRIBE)!
      .bytes[12]!;
    const connection = [...server.connections].at(-1)!;
    connection.send(frame(command.CONSUMER_UPDATE, 1, u32(1), u8(subscriptionId), u8(1)));
    const chunk = chunkBytes(1, [simple(Buffer.from([0, 0x53, 0x75, 0xa0, 1, 0x78]))]);
    connection.send(frame(command.DELIVER, 1, u8(subscriptionId), chunk));
    await vi.waitUntil(() => sent(command.CREDIT) && sent(command.CONSUMER_UPDATE | command.RESPONSE), WAIT);
    await consumer.storeOffset(40n);
    await consumer.queryOffset();
    await client.closeConsumer(consumer.extendedId);
  }
}

/** The same frame by our own encoders: what they say is read from it, the rest is theirs. */
function ours({ command: key, version, bytes }: ReceivedFrame): Buffer | undefined {
  const reader = new Reader(bytes, 8);
  const request = (...fields: Buffer[]) => frame(key, version, ...fields);
  if (key === command.PUBLISH) return publishFrame(reader);
  if (key === command.TUNE) return tune({ frameMax: reader.u32(), heartbeat: reader.u32() });
  if (key === command.HEARTBEAT) return request();
  if (key === command.CREDIT) return request(credit(reader.u8(), reader.u16()));
  if (key === command.STORE_OFFSET)
    return request(storeOffset(reader.string(), reader.string(), reader.u64()));
  const id = u32(reader.u32());
  const pairs = () => readProperties(reader);
  const strings = () => reader.list(2, (one) => one.string());
  switch (key) {
    case command.PEER_PROPERTIES:
      return request(id, peerProperties(pairs()));
    case command.SASL_HANDSHAKE:
      return request(id);
    case command.SASL_AUTHENTICATE:
      return request(id, saslAuthenticate("PLAIN", "anna", "se:cret"));
    case command.OPEN:
      return request(id, open("/"));
    case command.METADATA:
      return request(id, metadata(strings()));
    case command.CREATE:
      return request(id, create(reader.string(), pairs()));
    case command.DELETE:
      return request(id, deleteStream("events"));
    case command.DECLARE_PUBLISHER:
      return request(id, declarePublisher(reader.u8(), reader.string(), reader.string()));
    case command.DELETE_PUBLISHER:
      return request(id, deletePublisher(reader.u8()));
    case command.QUERY_PUBLISHER_SEQUENCE:
      return request(id, queryPublisherSequence("indexer", "events"));
    case command.SUBSCRIBE:
      return request(
        id,
        subscribe({
          ...{ subscriptionId: reader.u8(), stream: reader.string(), position: readPosition(reader) },
          ...{ credit: reader.u16(), properties: pairs() },
        }),
      );
    case command.CONSUMER_UPDATE | command.RESPONSE:
      return request(id, u16(reader.u16()), offsetSpecification(readPosition(reader)));
    case command.QUERY_OFFSET:
      return request(id, queryOffset(reader.string(), reader.string()));
    case command.UNSUBSCRIBE:
      return request(id, unsubscribe(reader.u8()));
    case command.PARTITIONS:
      return request(id, partitions("invoices"));
    case command.ROUTE:
      return request(id, route("invoice-1", "invoices"));
    case command.CREATE_SUPER_STREAM:
      return request(id, createSuperStream(reader.string(), strings(), strings(), pairs()));
    case command.DELETE_SUPER_STREAM:
      return request(id, deleteSuperStream("invoices"));
    case command.CLOSE:
      return request(id, close({ code: reader.u16(), reason: reader.string() }));
    default:
      return undefined;
  }
}

function readPosition(reader: Reader): LogPosition {
  const type = reader.u16();
  if (type === 4) return reader.u64();
  return type === 5 ? new Date(reader.u64()) : (["first", "last", "next"] as const)[type - 1]!;
}

function publishFrame(reader: Reader): Buffer {
  const target = Buffer.alloc(4096);
  const publisherId = reader.u8();
  const entries = reader.list(12, (one) => [one.u64(), one.bytes(one.u32())] as const);
  let end = PUBLISH_HEAD_BYTES;
  for (const [publishingId, bytes] of entries) {
    end = target.writeUInt32BE(bytes.length, putEntryHead(target, end, publishingId));
    end += bytes.copy(target, end);
  }
  putPublishHead(target, { version: 1, publisherId, count: entries.length, end });
  return target.subarray(0, end);
}

describe("frames beside rabbitmq-stream-js-client", () => {
  it("are the same byte for byte, for all that a publisher and a consumer send", async () => {
    const frames = await captured();
    const compared = new Set<number>();
    for (const theirs of frames) {
      const own = ours(theirs);
      if (own === undefined) continue;
      compared.add(theirs.command & ~command.RESPONSE);
      expect(own.toString("hex")).toBe(theirs.bytes.toString("hex"));
    }
    const all = Object.values(command).filter((key) => key !== command.RESPONSE);
    const fromBroker = [
      command.PUBLISH_CONFIRM,
      command.PUBLISH_ERROR,
      command.METADATA_UPDATE,
      command.DELIVER,
    ];
    // Versions are the client's own; it sends no heartbeat in so short a time.
    const own = [command.EXCHANGE_COMMAND_VERSIONS, command.HEARTBEAT];
    expect(
      all.filter((key) => !compared.has(key) && !fromBroker.includes(key) && !own.includes(key)),
    ).toEqual([]);
  });
});
