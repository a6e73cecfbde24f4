/** What a sender gives. */
export interface Publication {
  readonly data: Buffer;
  readonly attributes: Readonly<Record<string, string>>;
  /** `""`: none. */
  readonly orderingKey: string;
}

/** What a topic took. */
export interface TopicMessage extends Publication {
  readonly messageId: string;
  readonly publishTime: Date;
}

/** What a subscriber is given. */
export interface ReceivedMessage {
  readonly ackId: string;
  readonly message: TopicMessage;
  /** From 1; 0 where the subscription has no dead-letter policy, so that the service does not count. */
  readonly deliveryAttempt: number;
}
