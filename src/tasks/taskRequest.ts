import { invalidRequest } from "./taskError";

/**
 * The checks on what callers send. Limits, order (empty, trim, length, characters) and messages are the contract of
 * `docs/mcp-ssh-orchestrator-compatibility.md`: lengths count Unicode code points after trimming, which is Python's
 * `str.strip`.
 */

/** @returns the trimmed alias. @throws TaskError `invalidRequest` */
export function checkAlias(value: string): string {
  return checkName("alias", value, 100, /^[A-Za-z0-9._-]+$/, "alphanumeric, dot, dash, underscore");
}

/** @returns the trimmed tag. @throws TaskError `invalidRequest` */
export function checkTag(value: string): string {
  return checkName("tag", value, 50, /^[A-Za-z0-9._-]+$/, "alphanumeric, dot, dash, underscore");
}

/** @returns the trimmed task id; its parts are not checked. @throws TaskError `invalidRequest` */
export function checkTaskId(value: string): string {
  return checkName(
    "task_id",
    value,
    200,
    /^[A-Za-z0-9:_-]+$/,
    "alphanumeric, colon, dash, underscore",
  );
}

/** @returns the trimmed command. @throws TaskError `invalidRequest` */
export function checkCommand(value: string): string {
  const command = checkLength("command", value, 10_000);
  if (command.includes("\0")) {
    throw invalidRequest("command contains invalid characters (null bytes not allowed)");
  }
  if (/[\x01-\x08\x0b\x0c\x0e-\x1f]/.test(command)) {
    throw invalidRequest("command contains invalid control characters");
  }
  return command;
}

/** Seconds a task may take; 0 is no limit. @throws TaskError `invalidRequest` */
export function checkMaxSeconds(value: number): number {
  const thirtyDays = 2_592_000;
  if (!Number.isInteger(value) || value < 0 || value > thirtyDays) {
    throw invalidRequest(
      `max_seconds must be a whole number from 0 (no limit) to ${thirtyDays} (30 days)`,
    );
  }
  return value;
}

/** Seconds between TERM and KILL. @throws TaskError `invalidRequest` */
export function checkGraceSeconds(value: number): number {
  if (!Number.isFinite(value) || value < 0 || value > 30) {
    throw invalidRequest("grace_seconds must be a number from 0 to 30");
  }
  return value;
}

function checkName(
  field: string,
  value: string,
  maxLength: number,
  pattern: RegExp,
  allowed: string,
): string {
  const name = checkLength(field, value, maxLength);
  if (!pattern.test(name)) {
    throw invalidRequest(`${field} contains invalid characters (only ${allowed} allowed)`);
  }
  return name;
}

function checkLength(field: string, value: string, maxLength: number): string {
  const text = strip(value);
  if (text === "") throw invalidRequest(`${field} is required`);
  if (Array.from(text).length > maxLength) {
    throw invalidRequest(`${field} too long (max ${maxLength} characters)`);
  }
  return text;
}

/**
 * What Python's `str.strip` takes off: JavaScript's `trim` differs in U+001C to U+001F, U+0085 and U+FEFF. A loop, as a
 * regular expression takes quadratic time over long runs of blanks.
 */
export function strip(value: string): string {
  let start = 0;
  let end = value.length;
  while (start < end && isBlank(value[start])) start++;
  while (end > start && isBlank(value[end - 1])) end--;
  return value.slice(start, end);
}

function isBlank(character = ""): boolean {
  return /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/.test(
    character,
  );
}
