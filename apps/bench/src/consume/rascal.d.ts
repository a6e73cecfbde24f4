/** rascal has no types of its own: the part that the bench uses. */
declare module "rascal" {
  interface Subscription {
    on(event: "message", listener: (message: unknown, content: unknown, ackOrNack: () => void) => void): this;
  }

  interface Broker {
    on(event: "error", listener: (error: Error) => void): this;
    subscribe(name: string): Promise<Subscription>;
  }

  const rascal: { readonly BrokerAsPromised: { create(config: object): Promise<Broker> } };
  export = rascal;
}
