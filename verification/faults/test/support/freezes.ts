// A program that is frozen between two calls, as AWS Lambda does it.
import { RabbitMQSink, type RabbitMQSinkOptions } from "@streamll/sink";

/** What the program tells of its call after the freeze. */
export interface Thawed {
  readonly sent: number;
  readonly pending: number;
  readonly durationMs: number;
  readonly disconnects: number;
}

process.once("message", async (options: RabbitMQSinkOptions) => {
  const sink = new RabbitMQSink(options);
  let disconnects = 0;
  sink.on("disconnected", () => disconnects++);
  await sink.publish({ eventType: "before" });
  process.send?.("ready");
  process.once("message", async () => {
    // Accepted and not sent yet when the platform freezes the program, until the next call.
    sink.handleEvent({ eventType: "frozen" });
    process.kill(process.pid, "SIGSTOP");
    sink.handleEvent({ eventType: "after" });
    const { sent, pending, durationMs } = await sink.flush();
    process.send?.({ sent, pending, durationMs, disconnects } satisfies Thawed);
    await sink.stop();
    process.disconnect();
  });
});
