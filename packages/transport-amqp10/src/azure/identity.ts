import { type TokenCredential, TransportNotInstalledError } from "@streamll/core";

const PACKAGE = "@azure/identity";

/** `DefaultAzureCredential`, loaded when the first token is asked for. It keeps its tokens. */
export function defaultCredential(): TokenCredential {
  let loaded: Promise<TokenCredential> | undefined;
  return {
    async getToken(scopes) {
      loaded ??= load();
      return (await loaded).getToken(scopes);
    },
  };
}

async function load(): Promise<TokenCredential> {
  const { DefaultAzureCredential } = (await import(PACKAGE).catch((cause: unknown) => {
    throw new TransportNotInstalledError(PACKAGE, "authProvider without credential", { cause });
  })) as { DefaultAzureCredential: new () => TokenCredential };
  return new DefaultAzureCredential();
}
