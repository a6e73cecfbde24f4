// Run by itself: opens one connection of the transport that its argument names, and does nothing more. It ends, unless
// something holds it.
import { outboundMessage, silentLogger, type TransportFactory } from "@streamll/core";
import type { AloneOrder } from "./alone.js";

const order = JSON.parse(process.argv[2]!) as AloneOrder;
const { module, factory, endpoint, options, messageId, waitMs } = order;
const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);

// The pipes to its parent hold nothing.
process.stderr.write("");
process.stdout.write("");
const before = [...process.getActiveResourcesInfo()];
const holding = () => {
  const left = [...before];
  return process.getActiveResourcesInfo().filter((type) => {
    const known = left.indexOf(type);
    if (known >= 0) left.splice(known, 1);
    return known < 0;
  });
};

// While it works the program holds itself, as the engine does while something is pending.
const working = setInterval(() => {}, 60_000);
try {
  const loaded = (await import(module)) as Record<string, TransportFactory | undefined>;
  const transport = loaded[factory]!.create({ ...options, logger: silentLogger }, [endpoint]);
  const connection = await transport.connect(endpoint, { index: 0 }, new AbortController().signal);
  connection.onFlow(() => {});
  const settled = new Promise<void>((resolve) => {
    const message = outboundMessage({
      sequence: Date.now(),
      routingKey: "streamll.token.testkit",
      body: Buffer.from("{}"),
      messageId,
      correlationId: "testkit",
      type: "token",
      timestamp: Date.now(),
      headers: {},
    });
    connection.publish([message], () => resolve());
  });
  await Promise.race([settled, connection.closed]);
  say({ reached: "idle" });
  // Told only where it is still there then.
  setTimeout(() => say({ holding: holding() }), waitMs).unref();
} catch (error) {
  say({ failed: String(error) });
  process.exitCode = 1;
} finally {
  clearInterval(working);
}
