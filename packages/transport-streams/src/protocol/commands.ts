/** Keys of the commands that are sent or received here (PROTOCOL.adoc of rabbitmq_stream). */
export const DECLARE_PUBLISHER = 0x0001;
export const PUBLISH = 0x0002;
export const PUBLISH_CONFIRM = 0x0003;
export const PUBLISH_ERROR = 0x0004;
export const QUERY_PUBLISHER_SEQUENCE = 0x0005;
export const DELETE_PUBLISHER = 0x0006;
export const SUBSCRIBE = 0x0007;
export const DELIVER = 0x0008;
export const CREDIT = 0x0009;
export const STORE_OFFSET = 0x000a;
export const QUERY_OFFSET = 0x000b;
export const UNSUBSCRIBE = 0x000c;
export const CREATE = 0x000d;
export const DELETE = 0x000e;
export const METADATA = 0x000f;
export const METADATA_UPDATE = 0x0010;
export const PEER_PROPERTIES = 0x0011;
export const SASL_HANDSHAKE = 0x0012;
export const SASL_AUTHENTICATE = 0x0013;
export const TUNE = 0x0014;
export const OPEN = 0x0015;
export const CLOSE = 0x0016;
export const HEARTBEAT = 0x0017;
export const ROUTE = 0x0018;
export const PARTITIONS = 0x0019;
export const CONSUMER_UPDATE = 0x001a;
export const EXCHANGE_COMMAND_VERSIONS = 0x001b;
export const CREATE_SUPER_STREAM = 0x001d;
export const DELETE_SUPER_STREAM = 0x001e;

/** Set in the key of an answer. */
export const RESPONSE = 0x8000;
