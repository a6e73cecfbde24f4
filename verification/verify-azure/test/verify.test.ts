import { startFakeServiceBus } from "@streamll/fake-service-bus";
import { expect, it } from "vitest";
import { verify } from "../src/verify.js";

it.each([false, true])(
  "what the sink sent is what Microsoft's client receives (web socket: %s)",
  async (webSocket) => {
    await using bus = await startFakeServiceBus({ entities: ["verify"] });
    const verdict = await verify({
      connectionString: bus.connectionString,
      queue: "verify",
      events: 300,
      webSocket,
      patienceMs: 3000,
    });
    expect(verdict).toEqual({ sent: 300, failed: 0, received: 300, twice: 0, inOrder: true });
  },
  30_000,
);
