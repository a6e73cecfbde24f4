// What RabbitMQ's answers call for, over whatever protocol they come.

export const SEE_THE_LOG = "See the broker's log";
export const CHECK_LOGIN = "Check the user name and the password";
export const CHECK_ARGUMENTS = "Check queueArguments and exchangeArguments";
export const GRANT_WRITE = "Grant the user the right to write to it";
export const GRANT_READ = "Grant the user the right to read from it";
export const GRANT_DECLARE = 'Grant the user the right on it, or set declareTopology: "none"';
export const CREATE = 'Create it on the broker, or let it be made with declareTopology: "declare"';
export const NAME_OR_CREATE =
  "Check its name, or create it: a consumer that has an exchange and bindings makes its queue";
export const MAKE_AGAIN = "It is gone, or was never there: make it, unless the sink declares it";
export const SHORT_OF_RESOURCES = "The broker is short of resources: see its log";
export const BROKER_WENT_DOWN = "The broker went down, or somebody closed the connection there";
export const NACKED =
  "the broker could not take the message: a full queue (overflow: reject-publish), or an error of its own. Let the queue be read or raise its limit, else see the broker's log";

/** The options that make an argument of a queue. */
const optionOf: Readonly<Record<string, string>> = {
  "x-max-priority": "queuePriority",
  "x-message-ttl": "messageTtl",
  "x-dead-letter-exchange": "deadLetterExchange",
};

/** What helps where RabbitMQ declines to make an exchange, a queue or a binding, by its own words. */
export function declarationHint(text: string): string | undefined {
  if (text.includes("reserved prefix"))
    return "Names with this prefix are the broker's own: use another name";
  if (text.includes("unknown exchange type"))
    return "Enable the plugin that brings this type on the broker, or set another exchangeType";
  if (/Queue type \w+ not valid for this exchange type/.test(text))
    return 'This type of exchange takes classic queues alone: set queueType: "classic", or another exchangeType';
  const [, argument, type] = /invalid arg '(x-[\w-]+)'.* of queue type rabbit_(\w+)_queue/s.exec(text) ?? [];
  if (argument === undefined) return undefined;
  const option = optionOf[argument] ?? `${argument} of queueArguments`;
  const other = type === "classic" ? "quorum" : "classic";
  return `The virtual host makes ${type} queues, which have no ${argument}: set queueType: "${other}", or leave ${option} out`;
}

/** What helps where RabbitMQ finds something else under the name. */
export const conflictHint = (text: string): string =>
  `It exists with other settings: use those, another name, or declareTopology: "passive"${
    text.includes("for exchange '") ? ", or deadLetterQueue: false where it is the dead-letter exchange" : ""
  }; or delete it`;
