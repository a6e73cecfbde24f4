import { instrument } from "@streamll/core";
import type { RabbitMQSink } from "@streamll/sink";
import fastify, { type FastifyInstance } from "fastify";
import { exporter } from "./metrics.js";

class RAG {
  async answer(question: string): Promise<string> {
    return `42, if you ask me ${JSON.stringify(question)}`;
  }
}

/** The routes of the service: what it is for, and what a cluster asks it. */
export function service(sink: RabbitMQSink): FastifyInstance {
  const rag = new (instrument(RAG))();
  const app = fastify();
  app.get<{ Querystring: { question: string } }>("/answer", async ({ query }) => ({
    answer: await rag.answer(query.question),
  }));
  // Alive, and ready for requests, also while the broker is away: meanwhile the sink buffers.
  app.get("/health", async () => sink.health());
  app.get("/metrics", (_, reply) => {
    reply.hijack();
    exporter.getMetricsRequestHandler(reply.request.raw, reply.raw);
  });
  return app;
}
