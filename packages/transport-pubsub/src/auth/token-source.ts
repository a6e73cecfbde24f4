/** Gives the headers by which a request is allowed. */
export interface TokenSource {
  /** @throws TransportError of kind `auth`; TransportNotInstalledError. */
  headers(): Promise<Readonly<Record<string, string>>>;
  /** The service took the last token for bad: the next one is a new one. */
  renew(): void;
}
