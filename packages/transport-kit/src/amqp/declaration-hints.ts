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
