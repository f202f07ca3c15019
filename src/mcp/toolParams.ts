import { z } from "zod";

/*
 * Every parameter has a default, so that no call fails for a missing one before the tool itself can say what it needs.
 * Titles, types and defaults are the contract of `docs/mcp-ssh-orchestrator-compatibility.md`.
 */

export const taskIdParam = textParam(
  "Task Id",
  "The task_id that ssh_run, ssh_run_async or ssh_list_tasks gave.",
);

export const aliasParam = textParam("Alias", "The host's alias, as ssh_list_hosts gives it.");

export const commandParam = textParam(
  "Command",
  "Shell command, run by the login shell in the home directory of the user on the host. Its stdin is empty.",
);

/** A string, "" when absent. */
export function textParam(title: string, description: string) {
  return z.string().overwrite(wellFormed).default("").meta({ title, description });
}

/** A whole number; one written as a string counts too. */
export function wholeNumberParam(title: string, fallback: number, description: string) {
  const schema = z.preprocess(
    readNumber,
    z.number().refine((n) => Number.isInteger(n), "must be a whole number"),
  );
  // zod's own integer schema would add bounds that are not the contract's.
  return schema.default(fallback).meta({ title, description, type: "integer", default: fallback });
}

/** Seconds a command may take; undefined when absent, as what is taken then may depend on the host: at most `fallback`. */
export function maxSecondsParam(fallback: number, description: string) {
  const schema = z.preprocess(
    readNumber,
    z
      .number()
      .refine((n) => Number.isInteger(n), "must be a whole number")
      .optional(),
  );
  return schema
    .optional()
    .meta({ title: "Max Seconds", description, type: "integer", default: fallback });
}

/** A number, or none; one written as a string counts too. */
export function optionalNumberParam(title: string, description: string) {
  return z.preprocess(readNumber, z.number().optional()).meta({ title, description });
}

/** true or false, false when absent. */
export function flagParam(title: string, description: string) {
  return z.boolean().default(false).meta({ title, description });
}

/** Half a surrogate pair is no character: as in UTF-8 it becomes U+FFFD, before an answer carries it to strict JSON parsers. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, "\ufffd");
}

function readNumber(value: unknown): unknown {
  return typeof value === "string" && /^\s*[+-]?\d+(\.\d+)?\s*$/.test(value)
    ? Number(value)
    : value;
}
