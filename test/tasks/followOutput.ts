import assert from "node:assert/strict";
import {
  formatCursor,
  outputStart,
  type OutputCursor,
  type OutputLog,
  type OutputSlice,
} from "../../src/tasks/outputLog";

/** Follows the cursor until there is no more, as a client does. */
export function follow(
  log: OutputLog,
  page: number,
  from: OutputCursor = outputStart,
): OutputSlice[] {
  const slices: OutputSlice[] = [];
  let cursor = from;
  for (let more = true; more;) {
    const slice = log.read(cursor, page);
    const moved = slice.next.stdout > cursor.stdout || slice.next.stderr > cursor.stderr;
    assert.ok(moved || !slice.more, `no way on from ${formatCursor(cursor)}`);
    slices.push(slice);
    cursor = slice.next;
    more = slice.more;
  }
  return slices;
}
