import { configure, stopOnSignals } from "@streamll/core";
import { RabbitMQSink } from "@streamll/sink";
import { after } from "next/server";

const sink = new RabbitMQSink({
  amqpUrl: process.env.AMQP_URL,
  // Where the platform ends the program after a request, it waits for the events of that request.
  waitUntil: (promise) => after(promise),
});
configure({ sinks: [sink] });
stopOnSignals(); // for uncaught exceptions: the signals are Next's
