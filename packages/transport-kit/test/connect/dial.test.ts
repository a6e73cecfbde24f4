import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { networkInterfaces } from "node:os";
import { createServer, type TLSSocket } from "node:tls";
import type { Endpoint, TransportTlsOptions } from "@streamll/core";
import { dial, login, tlsOptions } from "@streamll/transport-kit";
import { describe, expect, it } from "vitest";

/** Certificate and key of CN=anna, for 127.0.0.1 and ::1, until 2126; made by `openssl pkcs12 -export`. */
const pfx = Buffer.from(
  [
    "MIIELAIBAzCCA+IGCSqGSIb3DQEHAaCCA9MEggPPMIIDyzCCAoIGCSqGSIb3DQEHBqCCAnMwggJvAgEAMIICaAYJKoZIhvcNAQcB",
    "MFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAjDOYm2e7wmrgICCAAwDAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEOxz",
    "40w9/Eiu/9+bowHO6FiAggIAd0aV9L1MYktG5axq5eZ/hJgQJuYpdurQshPOAZIfotLLL1YU51bDY0v/A6rupxVUFzhTkh/ThFVE",
    "6KuSwde9W6iPPcStBmbhCzMqVNKGDJ1QD/3F8ck3IJz9GDII15R1FdP5+2XzibKAQS/JKsjKtGw3vClkPIrfsiPwZ9hZWa///Lub",
    "LUrZLuabpi8ZvAXvtVlpLWV7mKH2lY+FH735MGo3PMXOVn1XA59gqwUGci4xGWZ0o82ZUkPmb3j2qB+OprEl8YM716PvYn9WRvvZ",
    "bsrzS5OPwORVx06NDCPlwRmVnJMItIRBBtMinHFkwASRh2e9ymD7wSdDcSXcKHIYzbxwkhGNpfpbMGAL6zpdF3q7sBHXcJbozhWD",
    "EHajRb5Plf3mMHO92wL/Yt7hW9dRxsEKWlm2xYAydDEeXAHBQ7G3U8uftbrE+rD/fI8Jnkdr2tpmuOshkKKdTlU3mlQR5QwxrCZ2",
    "ljJ8TuCiCDvsdkN+A79GnBiK0NDlgBhGStUpUGCRGZCeWNpuxpDJiF73sK9U7vW1lOvB4GvH6JRs4xCoAavVtmYK/ggeq+5ouzE+",
    "dJtVDt6mOVSRclroo9lYEztywFjbUaRpWR6ZycxTfzigNJMrJ/yUYZ74NGKfPh6cyj7VV3hFvQJ8LwXjc1x+gCA9jK0+Rw6ib46Z",
    "qmv+Jq0wggFBBgkqhkiG9w0BBwGgggEyBIIBLjCCASowggEmBgsqhkiG9w0BDAoBAqCB7zCB7DBXBgkqhkiG9w0BBQ0wSjApBgkq",
    "hkiG9w0BBQwwHAQILnqhVX8V20gCAggAMAwGCCqGSIb3DQIJBQAwHQYJYIZIAWUDBAEqBBCsyIcw4udGEkpLgo6FBooJBIGQidPj",
    "x6oR6jo1LCPNm8rs0YgK4NeI0/W955Ph2VtVsIE9VxVRGY1kKv9ROyJiDnFJqs/55NZ6rygNV6S6n8nNZNfQqlU4APh6I2Ut28oI",
    "2i7JajqmEXc/HdAxnWNfqWGS6oOmu1iqRwE6m59G1UMH5XQR9KxJx193XsS+xbW8R7LURNfE2aURRFxj90YTu7cEMSUwIwYJKoZI",
    "hvcNAQkVMRYEFI/owOOY56upvVLn6w7ZwiTLBfstMEEwMTANBglghkgBZQMEAgEFAAQg0GqJAK866hYUcQRRPboyYzTC8d5cMvgf",
    "enj8glX7VR8ECBEC6dMANzlrAgIIAA==",
  ].join(""),
  "base64",
);
const passphrase = "open-sesame";
const ca = `-----BEGIN CERTIFICATE-----
MIIBmDCCAT6gAwIBAgIUG5Mlq8gkpXzYm8FVzpHWFGcLyRQwCgYIKoZIzj0EAwIw
DzENMAsGA1UEAwwEYW5uYTAgFw0yNjExMjgyMzMxNTVaGA8yMTI2MTEwNDIzMzE1
NVowDzENMAsGA1UEAwwEYW5uYTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABLJJ
upE91/EvpX/M8PqhPHhfD3mFznQ+i4Pwc3yMLWNo80OqJ2gR4uehQqfWTTsIQY3Z
BlwPqu2kDOhZB8y+T/ujdjB0MB0GA1UdDgQWBBSLxTU/+CHD3QI5WWMruRZOiOtB
XjAfBgNVHSMEGDAWgBSLxTU/+CHD3QI5WWMruRZOiOtBXjAPBgNVHRMBAf8EBTAD
AQH/MCEGA1UdEQQaMBiHEAAAAAAAAAAAAAAAAAAAAAGHBH8AAAEwCgYIKoZIzj0E
AwIDSAAwRQIgMR0fvyn4WHXDEpwUsJm4rlKnLNA/swgcMCF7GHay/zICIQCx7Cn8
TayvlemiA9Vj9tjoI4Tzplx3c6f0OtTpJZexzQ==
-----END CERTIFICATE-----`;

/** Asks for a certificate, and tells whose it was. */
async function startServer(host: string) {
  const server = createServer({ pfx, passphrase, ca, requestCert: true });
  server.listen(0, host);
  await once(server, "listening");
  const peers: string[] = [];
  server.on("secureConnection", (socket: TLSSocket) => {
    peers.push(socket.getPeerCertificate().subject.CN as string);
    socket.on("error", () => {}).end();
  });
  const { port } = server.address() as AddressInfo;
  return { port, peers, [Symbol.dispose]: () => server.close() };
}

async function reach(host: string, port: number, tls: TransportTlsOptions): Promise<void> {
  const socket = await dial({ host, port, tls: tlsOptions(tls), timeoutMs: 30_000 }, new AbortController());
  socket.on("error", () => {}).resume();
  await once(socket, "close");
}

describe("a certificate and its key in one file (pfx)", () => {
  it("are what the client shows of itself", async () => {
    using server = await startServer("127.0.0.1");
    await reach("127.0.0.1", server.port, { ca, pfx, passphrase });
    expect(server.peers).toEqual(["anna"]);
  });

  it("are a login, where there is neither user nor password", async () => {
    const endpoint: Endpoint = { scheme: "amqps", host: "h", path: "/", query: {}, label: "amqps://h/" };
    expect(await login({ tls: { pfx } }, endpoint)).toMatchObject({ mechanism: "EXTERNAL" });
    expect(await login({ tls: {} }, endpoint)).toMatchObject({ mechanism: "PLAIN", username: "guest" });
  });
});

const loopback = Object.entries(networkInterfaces()).find(([, addresses]) =>
  addresses?.some(({ address }) => address === "::1"),
)?.[0];

it.runIf(loopback)(
  "a zone of IPv6 leads to the address, and is no part of what the certificate names",
  async () => {
    using server = await startServer("::1");
    await reach(`::1%${loopback}`, server.port, { ca, pfx, passphrase });
    expect(server.peers).toEqual(["anna"]);
  },
);
