import { configure } from "@streamll/core";
import { RabbitMQSink, type RabbitMQSinkOptions } from "@streamll/sink";
import plugin from "fastify-plugin";

declare module "fastify" {
  interface FastifyInstance {
    /** The sink of the plugin `streamll`, such as for a route that tells its health. */
    readonly streamll: RabbitMQSink;
  }
}

/**
 * Records what a Fastify application does, and delivers it before the application is closed. Register it first: Fastify
 * closes plugins in reverse, so it also takes what the others emit while they close.
 */
export const streamll = plugin<RabbitMQSinkOptions>(
  async (app, options) => {
    const sink = new RabbitMQSink(options);
    const recording = configure({ sinks: [sink] });
    app.decorate("streamll", sink);
    // Called when the requests in flight are answered.
    app.addHook("onClose", async () => void (await recording.stop()));
  },
  { name: "streamll", fastify: "5.x" },
);
