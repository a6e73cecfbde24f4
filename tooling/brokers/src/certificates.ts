import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { generate } from "selfsigned";

const common = { keyType: "ec", algorithm: "sha256" } as const;

/** An authority, and a certificate of it for the broker on this machine: `ca.pem`, `cert.pem` and `key.pem`. */
export async function writeCertificates(folder: string): Promise<void> {
  const authority = await generate([{ name: "commonName", value: "streamll test authority" }], {
    ...common,
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const server = await generate([{ name: "commonName", value: "localhost" }], {
    ...common,
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: "basicConstraints", cA: false },
      { name: "keyUsage", digitalSignature: true },
      { name: "extKeyUsage", serverAuth: true },
      {
        name: "subjectAltName",
        altNames: [
          { type: 2, value: "localhost" },
          { type: 7, ip: "127.0.0.1" },
        ],
      },
    ],
  });
  const files = { "ca.pem": authority.cert, "cert.pem": server.cert, "key.pem": server.private };
  await Promise.all(Object.entries(files).map(([name, pem]) => writeFile(join(folder, name), pem)));
}
