import { context } from "./context.js";
import type { Reading } from "./reading.js";

/**
 * A stream with the chunks of the other, taken one by one as they are asked for: nothing is read ahead. A proxy would
 * not do, as `pipeTo`, `tee` and `new Response(stream)` look into the stream itself.
 */
export function relay(source: ReadableStream, reading: Reading): ReadableStream {
  return isByteStream(source) ? relayBytes(source, reading) : relayValues(source, reading);
}

function relayValues(source: ReadableStream, reading: Reading): ReadableStream {
  const reader = source.getReader();
  return new ReadableStream(
    {
      start(controller) {
        // Also where nobody reads.
        reader.closed.catch((error) => {
          reading.fail(error);
          controller.error(error);
        });
      },
      async pull(controller) {
        const { done, value } = await within(reading, () => reader.read());
        if (done) {
          reading.end();
          controller.close();
        } else {
          reading.read(value);
          controller.enqueue(value);
        }
      },
      cancel: (reason) => cancel(reader, reason, reading),
    },
    { highWaterMark: 0 },
  );
}

/** The reader changes with what is asked for: into a buffer of the consumer's, or not. */
function relayBytes(source: ReadableStream, reading: Reading): ReadableStream {
  return new ReadableStream(
    {
      type: "bytes",
      async pull(controller) {
        const { byobRequest } = controller;
        const reader = byobRequest ? source.getReader({ mode: "byob" }) : source.getReader();
        try {
          const { done, value } = await within(reading, () =>
            "read" in reader && byobRequest
              ? (reader as ReadableStreamBYOBReader).read(byobRequest.view as Uint8Array)
              : (reader as ReadableStreamDefaultReader<Uint8Array>).read(),
          );
          if (done) {
            reading.end();
            controller.close();
            byobRequest?.respondWithNewView(value ?? new Uint8Array(0));
          } else {
            // Before it is handed over, which empties it.
            reading.read(value);
            if (byobRequest) byobRequest.respondWithNewView(value as Uint8Array);
            else controller.enqueue(value as Uint8Array);
          }
        } catch (error) {
          reading.fail(error);
          throw error;
        } finally {
          reader.releaseLock();
        }
      },
      cancel: (reason) => cancel(source, reason, reading),
    },
    { highWaterMark: 0 },
  );
}

async function cancel(
  source: { cancel(reason: unknown): Promise<void> },
  reason: unknown,
  reading: Reading,
): Promise<void> {
  try {
    await within(reading, () => source.cancel(reason));
    reading.end("cancelled");
  } catch (error) {
    reading.fail(error);
    throw error;
  }
}

function within<T>({ call }: Reading, work: () => T): T {
  return context.calls.run(call, work);
}

function isByteStream(stream: ReadableStream): boolean {
  try {
    stream.getReader({ mode: "byob" }).releaseLock();
    return true;
  } catch {
    return false;
  }
}
