import { MalformedValueError, readValue } from "@streamll/transport-kit";
import rhea from "rhea";
import { describe, expect, it } from "vitest";
import { StreamDelivery } from "../../src/consuming/delivery.js";
import { PartitionReader, type ReaderSetup } from "../../src/consuming/reader.js";

const { types } = rhea;
const reader = new PartitionReader({ stream: "events", subscriptionId: 0 } as ReaderSetup);
const activation = { reader, from: 0, unsettled: 1, hasBegun: true };
const deliveryOf = (bytes: Buffer) => new StreamDelivery(bytes, "events", 7, activation);
const encoded = (message: object): Buffer => rhea.message.encode(message as never) as unknown as Buffer;
const dataOf = (text: string) => rhea.message.data_section(Buffer.from(text));

describe("a message of a stream", () => {
  it("has each property that its sender wrote", () => {
    const delivery = deliveryOf(
      encoded({
        ...{ durable: true, priority: 9, ttl: 60_000 },
        message_annotations: {
          "x-exchange": "team",
          "x-routing-key": "app.end",
          "x-basic-type": "end",
          "x-other": 5,
        },
        ...{ message_id: "m", user_id: Buffer.from("anna"), subject: "not the type", reply_to: "r" },
        ...{ correlation_id: "c", content_type: "application/json", content_encoding: "gzip" },
        ...{ creation_time: new Date(1_700_000_000_123), group_id: "app" },
        application_properties: { text: "ü", yes: true, none: null, deep: { list: [1, "two", false] } },
        body: dataOf("{}"),
      }),
    );
    const { body, headers, exchange, routingKey, messageId, correlationId, type, timestamp } = delivery;
    expect({ exchange, routingKey, messageId, correlationId, type, timestamp }).toEqual({
      ...{ exchange: "team", routingKey: "app.end", messageId: "m", correlationId: "c", type: "end" },
      timestamp: 1_700_000_000_123,
    });
    const { contentType, contentEncoding, appId, userId, replyTo, priority, expiration, persistent } =
      delivery;
    expect({
      contentType,
      contentEncoding,
      appId,
      userId,
      replyTo,
      priority,
      expiration,
      persistent,
    }).toEqual({
      ...{ contentType: "application/json", contentEncoding: "gzip", appId: "app", userId: "anna" },
      ...{ replyTo: "r", priority: 9, expiration: "60000", persistent: true },
    });
    expect(body.toString()).toBe("{}");
    expect(headers).toEqual({
      ...{ "x-other": 5, text: "ü", yes: true, none: null, deep: { list: [1, "two", false] } },
    });
  });

  it("has what a sender to RabbitMQ before 3.13 wrote as application properties", () => {
    const application_properties = { "x-basic-type": "end", "x-basic-app-id": "app", n: 1 };
    const { type, appId, headers } = deliveryOf(encoded({ application_properties, body: dataOf("x") }));
    expect({ type, appId, headers }).toEqual({ type: "end", appId: "app", headers: { n: 1 } });
  });

  it.each([
    ["a number", 17, "17"],
    ["a ulong", types.wrap_ulong(2 ** 40), String(2 ** 40)],
    [
      "a UUID",
      types.wrap_uuid(Buffer.from("00112233445566778899aabbccddeeff", "hex")),
      "00112233-4455-6677-8899-aabbccddeeff",
    ],
    ["text as bytes", types.wrap_binary(Buffer.from("id")), "id"],
    ["bytes", types.wrap_binary(Buffer.from([0xff])), "ff"],
  ])("has an id that is %s as a text", (_, message_id, text) => {
    expect(deliveryOf(encoded({ message_id, body: dataOf("x") })).messageId).toBe(text);
  });

  it.each([
    ["several sections of data", rhea.message.data_sections([Buffer.from("ab"), Buffer.from("c")])],
    ["a text", "abc"],
    ["a long text", "abc".padEnd(300)],
    ["nothing", rhea.message.data_section(Buffer.alloc(0))],
  ])("has a body of %s", (_, body) => {
    const text = typeof body === "string" ? body : body.multiple ? "abc" : "";
    expect(deliveryOf(encoded({ body })).body.toString()).toBe(text);
  });

  it.each([
    ["JSON without AMQP around it", Buffer.from('{"event_type":"end"}')],
    ["a message that is cut", encoded({ message_id: "m", body: dataOf("x".repeat(300)) }).subarray(0, 100)],
    ["no section that AMQP has", Buffer.from([0, 0x53])],
  ])("that is %s is all body", (_, bytes) => {
    const { body, messageId, headers } = deliveryOf(bytes);
    expect({ body, messageId, headers }).toEqual({ body: bytes, messageId: undefined, headers: {} });
  });

  it("whose headers are malformed has none, and keeps its body", () => {
    // A map that says it has 255 bytes within its section's 2.
    const headers = Buffer.from([0, 0x53, 0x74, 0xc1, 3, 2, 0xa1, 0xff]);
    const body = Buffer.from([0, 0x53, 0x75, 0xa0, 1, 0x78]);
    const delivery = deliveryOf(Buffer.concat([headers, body]));
    expect(delivery.headers).toEqual({});
    expect(delivery.body.toString()).toBe("x");
  });

  it("that is nested too deep, or means to change every object, does no harm", () => {
    let value = Buffer.from([0x40]);
    for (let depth = 0; depth < 5000; depth++) {
      const head = Buffer.from([0xd0, 0, 0, 0, 0, 0, 0, 0, 1]);
      head.writeUInt32BE(value.length + 4, 1);
      value = Buffer.concat([head, value]);
    }
    expect(() => readValue(value, 0)).toThrow(MalformedValueError);
    const described = Buffer.alloc(100_000);
    expect(() => readValue(described, 0)).toThrow(MalformedValueError);
    expect(deliveryOf(described).body).toEqual(described);
    const hostile = deliveryOf(encoded({ application_properties: { ["__proto__"]: { polluted: true } } }));
    expect(hostile.headers).toBeDefined();
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it("has values of each type of AMQP 1.0", () => {
    const given = {
      ...{ ubyte: types.wrap_ubyte(200), ushort: types.wrap_ushort(60_000), uint: types.wrap_uint(4e9) },
      ...{ ulong: types.wrap_ulong(12), byte: types.wrap_byte(-5), short: types.wrap_short(-500) },
      ...{ int: types.wrap_int(-70_000), long: types.wrap_long(-12), float: types.wrap_float(0.5) },
      ...{ double: types.wrap_double(0.1), symbol: types.wrap_symbol("s"), time: types.wrap_timestamp(5) },
      ...{
        binary: types.wrap_binary(Buffer.from("b")),
        list: types.wrap_list([1]),
        zero: types.wrap_uint(0),
      },
    };
    expect(deliveryOf(encoded({ application_properties: given })).headers).toEqual({
      ...{ ubyte: 200, ushort: 60_000, uint: 4e9, ulong: 12, byte: -5, short: -500, int: -70_000, long: -12 },
      ...{ float: 0.5, double: 0.1, symbol: "s", time: new Date(5), binary: Buffer.from("b"), list: [1] },
      zero: 0,
    });
  });
});
