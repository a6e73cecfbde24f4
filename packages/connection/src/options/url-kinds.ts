import { beforeColon } from "@streamll/core/internal";
import { type Kind, Refusal, text } from "@streamll/core/options";
import { redactUrl } from "../endpoint/redact-url.js";

const refused = new Refusal();

/** One URL, or several of one cluster. In an environment variable a comma stands between them. */
export const urls: Kind<readonly string[], string | readonly string[]> = {
  type: "string or list",
  allowed: 'a URL such as "amqp://user:password@host:5672/vhost", or a list of them',
  read(value) {
    const list = typeof value === "string" ? [value] : value;
    if (!Array.isArray(list) || list.length === 0) return refused;
    return list.every((url) => typeof url === "string" && url.trim() !== "") ? list : refused;
  },
  fromText: (given) => {
    const list = given.split(/,(?=\s*[a-z][a-z0-9+.-]*:\/\/)/i).map((url) => url.trim());
    return list.length === 1 ? list[0] : list;
  },
  show: (list) => list.map(redactUrl),
};

/** With a `:` in it, it is mostly a user and a password. */
export const userName: Kind<string> = { ...text(), show: beforeColon };
