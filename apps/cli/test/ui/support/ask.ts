import { type IncomingHttpHeaders, request } from "node:http";

export interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Of a stream of events its first one. */
  readonly body: string;
}

/** What the server of a page answers. */
export function ask(
  url: URL | string,
  { method = "GET", headers = {}, body = "" }: Asked = {},
): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers }, (response) => {
      let text = "";
      response.on("data", (chunk) => {
        text += chunk;
        if (response.headers["content-type"] === "text/event-stream" && text.includes("\n\n"))
          response.destroy();
      });
      response.on("close", () =>
        resolve({ status: response.statusCode!, headers: response.headers, body: text }),
      );
    });
    sent.on("error", reject).end(body);
  });
}
