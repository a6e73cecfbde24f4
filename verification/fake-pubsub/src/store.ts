import { checkName, checkPublications } from "./limits.js";
import type { Publication, TopicMessage } from "./message.js";
import { StatusError } from "./status.js";
import { Subscription, type SubscriptionSettings } from "./subscription.js";

/** Topics and subscriptions, by their full names: `projects/P/topics/T`. */
export class Store {
  readonly #topics = new Map<string, TopicMessage[]>();
  readonly #subscriptions = new Map<string, Subscription>();
  #messages = 0;

  createTopic(name: string): void {
    checkName(name, "topics");
    if (this.#topics.has(name)) throw exists(name);
    this.#topics.set(name, []);
  }

  deleteTopic(name: string): void {
    this.messagesOf(name);
    this.#topics.delete(name);
  }

  /** All that a topic took, in order. */
  messagesOf(topic: string): readonly TopicMessage[] {
    const messages = this.#topics.get(topic);
    if (messages === undefined) throw missing(topic);
    return messages;
  }

  subscriptionsOf(topic: string): readonly string[] {
    this.messagesOf(topic);
    return [...this.#subscriptions.values()]
      .filter(({ settings }) => settings.topic === topic)
      .map(({ settings }) => settings.name);
  }

  createSubscription(settings: SubscriptionSettings): void {
    const { name, topic, ackDeadlineSeconds, deadLetterPolicy } = settings;
    checkName(name, "subscriptions");
    this.messagesOf(topic);
    if (deadLetterPolicy !== undefined) {
      this.messagesOf(deadLetterPolicy.deadLetterTopic);
      const { maxDeliveryAttempts } = deadLetterPolicy;
      if (!(maxDeliveryAttempts >= 5 && maxDeliveryAttempts <= 100))
        throw new StatusError("INVALID_ARGUMENT", "maxDeliveryAttempts is not in [5, 100].");
    }
    if (!(ackDeadlineSeconds >= 10 && ackDeadlineSeconds <= 600))
      throw new StatusError("INVALID_ARGUMENT", "ackDeadlineSeconds is not in [10, 600].");
    if (this.#subscriptions.has(name)) throw exists(name);
    const dead = ({ data, attributes, orderingKey }: TopicMessage) => {
      // https://cloud.google.com/pubsub/docs/dead-letter-topics names what the service adds.
      const added = { ...attributes, CloudPubSubDeadLetterSourceSubscription: name.split("/").at(-1)! };
      this.publish(deadLetterPolicy!.deadLetterTopic, [{ data, attributes: added, orderingKey }]);
    };
    this.#subscriptions.set(name, new Subscription(settings, dead));
  }

  subscription(name: string): Subscription {
    const found = this.#subscriptions.get(name);
    if (found === undefined) throw missing(name);
    return found;
  }

  hasSubscription(subscription: Subscription): boolean {
    return this.#subscriptions.get(subscription.settings.name) === subscription;
  }

  deleteSubscription(name: string): void {
    const subscription = this.subscription(name);
    this.#subscriptions.delete(name);
    subscription.end();
  }

  /** Stores all of them or none. Returns their ids, in order. */
  publish(topic: string, publications: readonly Publication[]): string[] {
    checkPublications(publications);
    const stored = this.messagesOf(topic) as TopicMessage[];
    const publishTime = new Date();
    const messages = publications.map((one) => ({
      ...one,
      messageId: String(++this.#messages),
      publishTime,
    }));
    stored.push(...messages);
    for (const subscription of this.#subscriptions.values())
      if (subscription.settings.topic === topic) subscription.add(messages);
    return messages.map(({ messageId }) => messageId);
  }

  end(): void {
    for (const subscription of this.#subscriptions.values()) subscription.end();
  }
}

const exists = (name: string) =>
  new StatusError("ALREADY_EXISTS", `Resource already exists (resource=${name}).`);
const missing = (name: string) => new StatusError("NOT_FOUND", `Resource not found (resource=${name}).`);
