export interface TestBroker extends AsyncDisposable {
  readonly url: string | undefined;
}

/** A real broker where one of the blocks speaks to one, else none. */
export async function testBroker(sources: readonly string[]): Promise<TestBroker> {
  if (!sources.some((source) => /RabbitMQSink|amqp/.test(source)))
    return { url: undefined, [Symbol.asyncDispose]: async () => {} };
  // Loaded late: pages without such a block need no broker.
  const { connectBrokers } = await import("@streamll/brokers");
  const brokers = await connectBrokers("newest");
  const newest = brokers.all.at(-1);
  if (!newest) throw new Error("no broker was started, so no block of the docs that needs one can run");
  return { url: newest.url, [Symbol.asyncDispose]: () => brokers.close() };
}
