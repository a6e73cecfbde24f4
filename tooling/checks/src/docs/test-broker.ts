export interface TestBroker extends AsyncDisposable {
  readonly url: string | undefined;
}

/** A real broker where one of the blocks speaks to one, else none. */
export async function testBroker(sources: readonly string[]): Promise<TestBroker> {
  const none = { url: undefined, [Symbol.asyncDispose]: async () => {} };
  if (!sources.some((source) => /RabbitMQSink|amqp/.test(source))) return none;
  // Loaded late: pages without such a block need no broker.
  const { connectBrokers } = await import("@streamll/brokers");
  return none;
}
