/** As `protobufjs` writes it; its type would be a megabyte. */
declare module "@google-cloud/pubsub/build/protos/protos.json" {
  const json: Readonly<Record<string, unknown>>;
  export = json;
}
