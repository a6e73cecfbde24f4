/** One broker address, taken from a URL. Userinfo and path are percent-decoded. */
export interface Endpoint {
  /** Without the colon: `amqp`, `amqps`, `memory` … */
  readonly scheme: string;
  readonly host: string;
  readonly port?: number;
  readonly username?: string;
  readonly password?: string;
  /** Without the leading slash; the vhost of AMQP URLs. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** The URL without its password, for messages and logs. */
  readonly label: string;
}
