/** What is used of a package that only some users install. */
declare module "@azure/identity" {
  export const DefaultAzureCredential: new () => import("./options.js").TokenCredential;
}
