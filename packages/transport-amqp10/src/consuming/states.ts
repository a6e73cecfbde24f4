import type { AmqpError } from "rhea";
import { message, types } from "../rhea.js";

// What becomes of a delivery (AMQP 1.0, 3.4), encoded.

/** rhea makes them; its typings do not say so. */
const states = message as unknown as {
  rejected(fields: { readonly error?: AmqpError }): Described;
  modified(fields: {
    readonly delivery_failed: boolean;
    readonly undeliverable_here: boolean;
    readonly message_annotations?: Readonly<Record<string, unknown>>;
  }): Described;
};
interface Described {
  described(): unknown;
}

const { Writer } = types as unknown as {
  Writer: new () => { write(value: unknown): void; toBuffer(): Buffer };
};

function encoded(state: Described): Buffer {
  const writer = new Writer();
  writer.write(state.described());
  return writer.toBuffer();
}

/** Done. */
export const ACCEPTED = Buffer.from([0x00, 0x53, 0x24, 0x45]);
/** Given back as if it had not been delivered. */
export const RELEASED = Buffer.from([0x00, 0x53, 0x26, 0x45]);
/** Given back; a try has failed. */
export const FAILED = encoded(states.modified({ delivery_failed: true, undeliverable_here: false }));

/** A dead letter, with annotations. */
export const undeliverable = (annotations: Readonly<Record<string, unknown>>): Buffer =>
  encoded(
    states.modified({ delivery_failed: true, undeliverable_here: true, message_annotations: annotations }),
  );

/** Refused, for a reason. */
export const rejected = (error: AmqpError): Buffer => encoded(states.rejected({ error }));
