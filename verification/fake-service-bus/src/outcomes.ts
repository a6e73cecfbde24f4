import rhea, { type AmqpError } from "rhea";

/** Not in rhea's typings. */
const make = rhea.message as unknown as {
  accepted(): Outcome;
  rejected(fields: { error: AmqpError }): Outcome;
};

interface Outcome {
  described(): object;
}

/** As `Delivery.update` takes them. */
export const accepted = (): object => make.accepted().described();
export const rejected = (error: AmqpError): object => make.rejected({ error }).described();
