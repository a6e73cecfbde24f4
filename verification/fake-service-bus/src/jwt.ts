import { createHmac, randomBytes } from "node:crypto";
import { bothRights, type Claim, refuseExpired, TokenRefused } from "./tokens.js";

/** Stands for Microsoft Entra ID, to which the namespace trusts. */
export interface TokenIssuer {
  /** A token for the namespace that lives so long, in milliseconds. @param audience Default: Service Bus's. */
  issue(livesMs: number, audience?: string): string;
  /** @throws TokenRefused */
  claimOf(token: string, namespace: string): Claim;
}

const serviceBus = "https://servicebus.azure.net";

export function tokenIssuer(): TokenIssuer {
  const secret = randomBytes(32);
  const signed = (text: string) => createHmac("sha256", secret).update(text).digest("base64url");
  return {
    issue(livesMs, audience = serviceBus) {
      const text = [
        { alg: "HS256", typ: "JWT" },
        { aud: audience, exp: (Date.now() + livesMs) / 1000 },
      ]
        .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
        .join(".");
      return `${text}.${signed(text)}`;
    },
    claimOf(token, namespace) {
      const [header = "", payload = "", signature] = token.split(".");
      if (signature !== signed(`${header}.${payload}`)) {
        throw new TokenRefused("InvalidSignature: The token has an invalid signature.");
      }
      const { aud, exp } = JSON.parse(Buffer.from(payload, "base64url").toString()) as {
        aud: string;
        exp: number;
      };
      if (aud.replace(/\/+$/, "") !== serviceBus) {
        throw new TokenRefused(
          `InvalidAudience: The authorization header contains a token with audience '${aud}'.`,
        );
      }
      const expiresAt = exp * 1000;
      refuseExpired(expiresAt);
      return { resource: namespace, rights: bothRights, expiresAt };
    },
  };
}
