import { TransportError, type TransportErrorKind } from "@streamll/core";
import { describe, expect, it } from "vitest";
import { bench, message } from "./bench.js";
import { FakeTransport, nack, unreachable } from "./fake-transport.js";

const named = (execution: string, count: number) =>
  Array.from({ length: count }, (_, index) =>
    message({ messageId: `${execution}${index + 1}`, correlationId: execution }),
  );

const stored = (transport: FakeTransport, execution: string) =>
  transport.stored.map(({ messageId }) => messageId).filter((id) => id.startsWith(execution));

/** A broker that ends its connection so often over a batch that begins with `id`, and answers all others at once. */
function endingOver(id: string, deaths: number, kind: TransportErrorKind = "unreachable"): FakeTransport {
  const transport = new FakeTransport();
  let left = deaths;
  transport.onPublish = (connection) => {
    if (left > 0 && connection.batches.at(-1)![0]!.messageId === id) {
      left--;
      connection.die(new TransportError(kind, "gone"));
    } else {
      connection.answer();
    }
  };
  return transport;
}

describe("the events of an execution are sent again in the order of acceptance", () => {
  it.each([1, 2, 3, 4, 5, 8, 12])("after %i connections that one of them has ended", async (deaths) => {
    for (const place of [1, 2, 3, 4]) {
      const transport = endingOver(`A${place}`, deaths);
      const { engine, clock, failures } = bench({ transport, batchSize: 4 });
      const [a, b] = [named("A", 4), named("B", 8)];
      for (const one of [...a, ...b]) engine.offer(one);
      await clock.advance(600_000);
      expect(stored(transport, "A")).toEqual(["A1", "A2", "A3", "A4"]);
      expect(stored(transport, "B")).toEqual(named("B", 8).map(({ messageId }) => messageId));
      expect(failures).toEqual([]);
    }
  });

  it("also when the neighbours that a suspect lets pass lose their connections too", async () => {
    const transport = new FakeTransport();
    let left = 14;
    transport.onPublish = (connection) => {
      if (left-- > 0) connection.die(unreachable());
      else connection.answer();
    };
    const { engine, clock } = bench({ transport, batchSize: 4 });
    for (const one of [...named("A", 4), ...named("B", 4), ...named("C", 4)]) engine.offer(one);
    await clock.advance(600_000);
    for (const execution of ["A", "B", "C"]) {
      expect(stored(transport, execution)).toEqual([1, 2, 3, 4].map((number) => `${execution}${number}`));
    }
  });

  it("also by another connection that takes over", async () => {
    const { engine, transport, clock } = bench({ connectionPoolSize: 2, maxInFlight: 8, batchSize: 2 });
    await engine.start();
    for (const one of [...named("A", 4), ...named("B", 6)]) engine.offer(one);
    await clock.advance(0);
    const [first, second] = transport.live;
    for (const one of named("B", 8).slice(6)) engine.offer(one);
    transport.refuseAll = unreachable();
    second!.die(unreachable());
    await clock.advance(5000);
    transport.onPublish = (connection) => connection.answer();
    first!.answer();
    await clock.advance(1000);
    expect(stored(transport, "A")).toEqual(["A1", "A2", "A3", "A4"]);
    expect(stored(transport, "B")).toEqual(["B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8"]);
  });

  it("and their sequences rise on each connection", async () => {
    const transport = endingOver("A1", 8);
    const { engine, clock } = bench({ transport, batchSize: 4 });
    for (const one of [...named("A", 4), ...named("B", 8)]) engine.offer(one);
    await clock.advance(600_000);
    for (const connection of transport.connections) {
      const sequences = transport.written
        .filter((one) => one.connection === connection)
        .map(({ sequence }) => sequence);
      expect(sequences).toEqual([...new Set(sequences)].sort((x, y) => x - y));
    }
  });
});

it("a refused event goes again in its place once its pause is over, before what was accepted after it", async () => {
  const { engine, transport, clock } = bench({ batchSize: 1, maxInFlight: 1 });
  for (const one of named("A", 4)) engine.offer(one);
  await clock.advance(0);
  transport.connection.answer({ kind: "refused", error: nack() });
  await clock.advance(500);
  transport.onPublish = (connection) => connection.answer();
  transport.connection.answer();
  await clock.advance(1000);
  expect(stored(transport, "A")).toEqual(["A2", "A1", "A3", "A4"]);
});
