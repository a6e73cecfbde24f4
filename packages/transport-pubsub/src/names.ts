/** What an id of a topic or a subscription is: https://cloud.google.com/pubsub/docs/pubsub-basics#resource_names */
export const RESOURCE_ID =
  "3 to 255 letters, digits and - . _ ~ + %, a letter first, and not beginning with goog";

export const isResourceId = (id: string): boolean =>
  /^[A-Za-z][A-Za-z0-9._~+%-]{2,254}$/.test(id) && !/^goog/i.test(id);

/** The path of REST to the topic of an id. */
export const topicName = (project: string, id: string): string => `projects/${project}/topics/${id}`;

export const subscriptionName = (project: string, id: string): string =>
  `projects/${project}/subscriptions/${id}`;

/** The part of an URL for a full name: it may hold a `%` or a `+`. */
export const pathOf = (name: string): string => `/v1/${name.split("/").map(encodeURIComponent).join("/")}`;
