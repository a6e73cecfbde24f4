// Run it with: npx tsx src/nest.ts amqp://user:pass@localhost:5672/ 3000
import "reflect-metadata";
import type { Server } from "node:http";
import { Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import type { NestExpressApplication } from "@nestjs/platform-express";
import { stopOnSignals } from "@streamll/core";
import type { Request, Response } from "express";
import { answer } from "./answer.js";
import { StreamllModule } from "./streamll-module.js";

@Module({ imports: [StreamllModule.forRoot({ amqpUrl: process.argv[2] ?? "amqp://localhost:5672/" })] })
class AppModule {}

const app = await NestFactory.create<NestExpressApplication>(AppModule, { logger: ["error", "warn"] });
app.enableShutdownHooks(); // off by default: without it SIGTERM ends the process at once
stopOnSignals(undefined, { signals: [] }); // for what nobody catches: the signals are Nest's

// In the place of a controller, whose decorators not every compiler has.
app.use("/answer", async (request: Request, response: Response) => {
  response.json({ answer: await answer(String(request.query.question)) });
});
const server: Server = await app.listen(Number(process.argv[3] ?? 3000), "127.0.0.1");
server.keepAliveTimeout = 1; // ms: a connection that was answered holds nothing up
console.log(`listening on ${new URL(await app.getUrl()).port}`);
