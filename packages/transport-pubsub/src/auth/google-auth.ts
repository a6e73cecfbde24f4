import { type Endpoint, TransportError } from "@streamll/core";
import { isStreamllError, notLoaded, textOf } from "@streamll/core/internal";
import type { TokenSource } from "./token-source.js";

const SCOPE = "https://www.googleapis.com/auth/pubsub";

type GoogleAuth = import("google-auth-library").GoogleAuth;

/**
 * Application default credentials, by Google's own library: the file of GOOGLE_APPLICATION_CREDENTIALS, gcloud's login,
 * workload identity, impersonation, the metadata server. The library keeps its tokens.
 */
export function fromEnvironment({ label, path: project }: Endpoint): TokenSource {
  let loaded: Promise<GoogleAuth> | undefined;
  return {
    async headers() {
      try {
        loaded ??= load(project);
        const client = await (await loaded).getClient();
        // `authorization`, and `x-goog-user-project` where a quota project is set.
        return Object.fromEntries(await client.getRequestHeaders("https://pubsub.googleapis.com/"));
      } catch (cause) {
        loaded = undefined;
        if (isStreamllError(cause)) throw cause;
        const why = textOf(cause).replace(/\s+/g, " ");
        const message = `${label}: no credentials: ${why}. Give username and password, or serviceAccountKey; or set GOOGLE_APPLICATION_CREDENTIALS`;
        throw new TransportError("auth", message, { cause });
      }
    },
    renew() {
      loaded = undefined;
    },
  };
}

/** In a `try`: so a bundler knows that it may be missing. */
async function load(projectId: string): Promise<GoogleAuth> {
  try {
    const { GoogleAuth } = await import("google-auth-library");
    // As Google's own clients have it: a service account signs its tokens itself, and asks nobody for them.
    // Without the project the library asks gcloud, the metadata server and the Resource Manager for one.
    return Object.assign(new GoogleAuth({ scopes: SCOPE, projectId }), { useJWTAccessWithScope: true });
  } catch (error) {
    throw notLoaded("google-auth-library", "Pub/Sub without username, password and serviceAccountKey", error);
  }
}
