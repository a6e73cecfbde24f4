import { ReadableStream, type ReadableStreamDefaultReader, type UnderlyingSource } from "node:stream/web";
import { context } from "./context.js";
import type { Reader } from "./iteration.js";

/**
 * The chunks of another stream, taken one by one as they are asked for: nothing is read ahead. It is what a pipe reads
 * in the place of the stream, as it looks into that itself.
 *
 * @param readerOf Locks the stream, at the latest when the first chunk is asked for.
 */
export function relay(
  readerOf: () => ReadableStreamDefaultReader,
  reading: Reader,
): { readonly readable: ReadableStream; take(): unknown } {
  let reader: ReadableStreamDefaultReader | undefined;
  let isOver = false;
  let isCancelled = false;
  let fail = (_: unknown) => {};

  const take = (): ReadableStreamDefaultReader => {
    if (reader === undefined) {
      reader = readerOf();
      // Also while nobody reads.
      reader.closed.catch((error) => isOver || fail(error));
    }
    return reader;
  };
  const release = () => {
    isOver = true;
    reader?.releaseLock();
  };
  const within = <T>(work: () => T): T => context.calls.run(reading.call, work);

  const source: UnderlyingSource = {
    start(controller) {
      fail = (error) => {
        reading.fail(error);
        controller.error(error);
        release();
      };
    },
    async pull(controller) {
      try {
        const { done, value } = await within(() => take().read());
        if (!done) {
          reading.read(value);
          return controller.enqueue(value);
        }
      } catch (error) {
        // Cancelled meanwhile, what was asked for does not come.
        return isOver ? undefined : fail(error);
      }
      // What is read while it is cancelled ends like what is read out.
      reading.end(isCancelled ? "cancelled" : undefined);
      if (isOver) return;
      controller.close();
      release();
    },
    async cancel(reason) {
      isCancelled = true;
      try {
        await within(() => take().cancel(reason));
        reading.end("cancelled");
      } catch (error) {
        reading.fail(error);
        throw error;
      } finally {
        release();
      }
    },
  };
  return { readable: new ReadableStream(source, { highWaterMark: 0 }), take };
}
