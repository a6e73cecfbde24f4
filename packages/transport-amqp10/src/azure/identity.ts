import { notLoaded } from "@streamll/core/internal";
import type { TokenCredential } from "./options.js";

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
  try {
    const { DefaultAzureCredential } = await import("@azure/identity");
    return new DefaultAzureCredential();
  } catch (error) {
    throw notLoaded("@azure/identity", "authProvider without credential", error);
  }
}
