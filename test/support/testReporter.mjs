// The reporter of every test file's process: each event as one line of JSON, told from the file's own output by a mark.
import { inspect } from "node:util";

/** Yields the events that testFile.ts reads. */
export default async function* reportEvents(events) {
  const mark = process.env.SSH_TASKS_TEST_MARK;
  for await (const { type, data } of events) {
    if (type !== "test:start" && type !== "test:pass" && type !== "test:fail") continue;
    const { name, nesting, details, skip, todo } = data;
    const event = {
      type,
      name,
      nesting,
      suite: details?.type === "suite",
      ms: details?.duration_ms ?? 0,
    };
    const skipped = skip !== undefined || todo !== undefined;
    yield `\n${mark}${JSON.stringify({ ...event, skipped, ...failure(details?.error) })}\n`;
  }
}

function failure(error) {
  if (!error) return {};
  const { failureType, cause } = error;
  return { failureType, error: inspect(cause instanceof Error ? cause : error, { depth: 6 }) };
}
