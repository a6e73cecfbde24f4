/** Keeps a heartbeat, and holds nothing. */
export const transport = transportWith((heartbeat) => setInterval(heartbeat, 10).unref());

/** @param {(heartbeat: () => void) => NodeJS.Timeout} begin */
export function transportWith(begin) {
  const none = { mandatory: false, priority: false, ttl: false, deadLetter: false, topology: false };
  return {
    schemes: ["mine"],
    create: () => ({
      name: "mine",
      capabilities: { ...none, confirms: true, deduplication: false },
      async connect() {
        const timer = begin(() => {});
        let end = () => {};
        const closed = new Promise((resolve) => {
          end = () => resolve(undefined);
        });
        return {
          closed,
          publish: (batch, settle) => settle(0, batch.length, { kind: "confirmed" }),
          onFlow: (listener) => listener({ credit: Number.POSITIVE_INFINITY }),
          async close() {
            clearInterval(timer);
            end();
          },
        };
      },
    }),
  };
}
