// What the project's own scripts build on; outside semver.
export { consumerOptionsDocument } from "./options/document.js";
export { table as consumerTable } from "./options/table.js";
export { eventsOfMessage } from "./unpacking/events-of-message.js";
