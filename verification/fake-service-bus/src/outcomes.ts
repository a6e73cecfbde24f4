import rhea, { type AmqpError, type Delivery, type Receiver, type Sender } from "rhea";

/** Not in rhea's typings. */
const make = rhea.message as unknown as {
  accepted(): Outcome;
  rejected(fields: { error: AmqpError }): Outcome;
};

interface Outcome {
  described(): object;
}

/** As `Delivery.update` takes them. */
const accepted = (): object => make.accepted().described();
const rejected = (error: AmqpError): object => make.rejected({ error }).described();

/** Settles it, as accepted or for a reason against it. */
export function answer(delivery: Delivery, link: Sender | Receiver, wrong: AmqpError | undefined): void {
  // Of two neighbours rhea gives the second the outcome of the first, whatever its own is.
  if (wrong) writeAnswers(link);
  delivery.update(true, wrong ? rejected(wrong) : accepted());
  if (wrong) writeAnswers(link);
}

const writeAnswers = ({ session }: Sender | Receiver): void =>
  (session as unknown as { _process(): void })._process();
