/** What is used of a package that only some users install. */
declare module "@azure/identity" {
  import type { TokenCredential } from "@streamll/core";

  export const DefaultAzureCredential: new () => TokenCredential;
}
