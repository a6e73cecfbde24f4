import { isIP } from "node:net";
import { generate } from "selfsigned";

/** A broker's `ca.pem`, `cert.pem` and `key.pem`, and the key of the authority. */
export type Certificates = Readonly<Record<"ca.pem" | "ca-key.pem" | "cert.pem" | "key.pem", string>>;

export interface CertificateOptions {
  /** Names and addresses that the certificate is for. Default: localhost and 127.0.0.1. */
  readonly hosts?: readonly string[];
  /** Its subject is CN= and this: of a client's, the name of its user. Default: localhost. */
  readonly commonName?: string;
  /** Default: now. */
  readonly notBefore?: Date;
  /** Default: a year after `notBefore`. */
  readonly notAfter?: Date;
  /** Those whose authority signs this one too. Default: a new authority. */
  readonly like?: Certificates;
}

const common = { keyType: "ec", algorithm: "sha256" } as const;

/**
 * A certificate for a broker or a client, and its authority, as files that `startBroker` takes.
 * @example
 * const expired = await certificates({ notBefore: new Date("2020-01-01"), notAfter: new Date("2020-02-01") });
 * const broker = await startBroker({ files: expired });
 */
export async function certificates(options: CertificateOptions = {}): Promise<Certificates> {
  const { hosts = ["localhost", "127.0.0.1"], commonName = "localhost", notBefore, notAfter, like } = options;
  const authority = like ? { cert: like["ca.pem"], private: like["ca-key.pem"] } : await newAuthority();
  const server = await generate([{ name: "commonName", value: commonName }], {
    ...common,
    ...(notBefore && { notBeforeDate: notBefore }),
    ...(notAfter && { notAfterDate: notAfter }),
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: "basicConstraints", cA: false },
      { name: "keyUsage", digitalSignature: true },
      { name: "extKeyUsage", serverAuth: true, clientAuth: true },
      {
        name: "subjectAltName",
        altNames: hosts.map((host) => (isIP(host) ? { type: 7, ip: host } : { type: 2, value: host })),
      },
    ],
  });
  return {
    "ca.pem": authority.cert,
    "ca-key.pem": authority.private,
    "cert.pem": server.cert,
    "key.pem": server.private,
  };
}

const newAuthority = () =>
  generate([{ name: "commonName", value: "streamll test authority" }], {
    ...common,
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
