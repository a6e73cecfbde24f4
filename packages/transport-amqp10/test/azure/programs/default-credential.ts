// Asks for a token where @azure/identity is not installed, and tells the error.
import { defaultCredential } from "../../../src/azure/identity.js";
import { tokensOfCredential } from "../../../src/azure/token.js";

const endpoint = {
  scheme: "amqps",
  host: "ns.servicebus.windows.net",
  path: "/",
  query: {},
  label: "amqps://ns/",
};
await tokensOfCredential(
  defaultCredential(),
  endpoint,
)("sb://ns/orders").catch((error: unknown) => {
  const { code, message } = error as { readonly code: string; readonly message: string };
  console.log(JSON.stringify({ code, message }));
});
