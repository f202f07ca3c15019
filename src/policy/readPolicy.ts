import type { z } from "zod";
import { parsePolicyDocument } from "./policyDocument";
import type { LimitSettings, Policy } from "./policy";
import { globPolicySchema, programPolicySchema } from "./policySchema";
import { warningsOf } from "./policyWarnings";

/** A policy that can't be used; the message says where it is wrong and what to write instead. */
export class PolicyError extends Error {
  override readonly name = "PolicyError";
}

const maxBytes = 1024 * 1024;

/** What is wrong at a key, as the rest of a sentence that begins with it. */
interface Fault {
  readonly path: readonly PropertyKey[];
  readonly what: string;
}

/**
 * Reads the text of a policy file, YAML or JSON; `source` is the name of the file.
 * @throws PolicyError `source:line: …` for all that isn't a valid policy, an empty file too
 */
export function readPolicyText(text: string, source: string): Policy {
  const fail = (line: number, message: string): never => {
    throw new PolicyError(`${source}:${line}: ${message}`);
  };
  if (Buffer.byteLength(text) > maxBytes) fail(1, tooLarge());
  const parsed = parsePolicyDocument(text);
  if ("wrong" in parsed) return fail(parsed.line, parsed.wrong);
  const policy = checkPolicy(parsed.value);
  return "path" in policy ? fail(parsed.lineOf(policy.path), describe(policy)) : policy;
}

/**
 * Checks a policy that is a value already, as a settings object is; `source` is the name of the setting.
 * @throws PolicyError `source: key path …` for all that isn't a valid policy
 */
export function readPolicyValue(value: unknown, source: string): Policy {
  const fail = (message: string): never => {
    throw new PolicyError(`${source}: ${message}`);
  };
  if (sizeOf(value) > maxBytes) fail(tooLarge());
  const policy = checkPolicy(value);
  return "path" in policy ? fail(describe(policy)) : policy;
}

function tooLarge(): string {
  return "The policy is larger than 1 MiB. Write fewer rules, with globs.";
}

/** Infinite for what is no JSON at all. */
function sizeOf(value: unknown): number {
  try {
    return Buffer.byteLength(JSON.stringify([value])); // of undefined alone it makes no text
  } catch {
    return Infinity; // goes round in circles, or deeper than the stack
  }
}

function checkPolicy(value: unknown): Policy | Fault {
  const isSecond =
    typeof value === "object" && value !== null && "version" in value && value.version === 2;
  const checked = (isSecond ? programPolicySchema : globPolicySchema).safeParse(value);
  if (!checked.success) return faultOf(checked.error);
  const { default: defaultOutcome, limits, overrides, network, ...file } = checked.data;
  const shared = {
    defaultOutcome,
    limits,
    overrides: { aliases: mapOf(overrides.aliases), tags: mapOf(overrides.tags) },
    network,
    warnings: warningsOf(checked.data),
  };
  return file.version === 2
    ? { ...shared, version: 2, rules: file.rules }
    : { ...shared, version: 1, rules: file.rules };
}

function mapOf(
  limits: Readonly<Record<string, LimitSettings>>,
): ReadonlyMap<string, LimitSettings> {
  return new Map(Object.entries(limits));
}

function faultOf({ issues }: z.ZodError): Fault {
  const [issue] = issues;
  if (issue === undefined) return { path: [], what: "is not valid" };
  const unknown = issue.code === "unrecognized_keys" ? issue.keys.slice(0, 1) : [];
  return { path: [...issue.path, ...unknown], what: issue.message };
}

/** `rules[2].action must be …` */
function describe({ path, what }: Fault): string {
  const keys = path
    .map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`))
    .join("");
  return `${keys === "" ? "The policy" : keys.replace(/^\./, "")} ${what}.`;
}
