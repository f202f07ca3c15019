import { z } from "zod";
import { readAddress, readRange } from "./ipRanges";
import { nearestName } from "./nearestName";
import { outcomes } from "./policy";

/** Every message follows the path of what it is about: "must be …", or a sentence of its own after a colon. */
type Issue = {
  readonly code?: string | undefined;
  readonly input?: unknown;
  readonly keys?: unknown;
};

const text = z.string({ error: must("be text") }).min(1, { error: "is empty; write a text" });
const texts = z.array(text, { error: must("be a list of texts") });
const outcome = z.enum(outcomes, { error: must("be allow, ask or deny") });
const flag = z.boolean({ error: must("be true or false") });
const scope = {
  action: outcome.default("deny"),
  aliases: texts.default([]),
  tags: texts.default([]),
};

const limits = map({
  max_seconds: count(1),
  max_output_bytes: count(1),
  task_result_ttl: count(1),
  task_progress_interval: count(1),
  // An empty entry would be in every command, and is left out when it is looked for.
  deny_substrings: z
    .array(z.string({ error: must("be text") }), { error: must("be a list of texts") })
    .optional(),
  require_known_host: flag.optional(),
  host_key_auto_add: flag.optional(),
});
const limitsByName = z.record(z.string(), limits, { error: must("be a map of names to limits") });

const addresses = listOf(readAddress, "an IP address such as 10.0.0.1 or fd00::1");
const ranges = listOf(readRange, "a CIDR range such as 10.0.0.0/8 or fd00::/8");
const network = map({
  allow_ips: addresses,
  allow_cidrs: ranges,
  block_ips: addresses,
  block_cidrs: ranges,
  require_known_host: flag.optional(),
});

const globKeys = { commands: texts.default([]) };
const programKeys = {
  simple_binaries: texts.optional(),
  simple_max_args: count(0),
  binary: text.optional(),
  arg_prefix: z
    .array(z.string({ error: must("be text") }), { error: must("be a list of texts") })
    .optional(),
  path_args: map({
    indices: z
      .array(
        z.int({ error: must("be a whole number") }).min(0, { error: "must not be negative" }),
        {
          error: must("be a list of argument numbers; 0 is the program"),
        },
      )
      .min(1, { error: "is empty; name at least one argument number" }),
    patterns: texts.min(1, { error: "is empty; name at least one glob" }),
  }).optional(),
  allow_extra_args: flag.optional(),
};

const globRule = map(
  { ...scope, ...globKeys },
  {
    keys: Object.keys(programKeys),
    why: "belongs to a version 2 policy; write commands instead, or version: 2 at the top",
  },
);
const programRule = map(
  { ...scope, ...programKeys },
  {
    keys: Object.keys(globKeys),
    why: "belongs to a version 1 policy; write simple_binaries or binary instead, or leave version out",
  },
).check(({ value, issues }) => {
  const wrong = whyNoProgramRule(value);
  if (wrong !== undefined) issues.push({ code: "custom", message: wrong, input: value });
});

const shared = {
  default: outcome.default("deny"),
  known_hosts_path: z.string({ error: must("be text") }).optional(),
  limits: limits.default({}),
  network: network.default({ allow_ips: [], allow_cidrs: [], block_ips: [], block_cidrs: [] }),
  overrides: map({ aliases: limitsByName.default({}), tags: limitsByName.default({}) }).default({
    aliases: {},
    tags: {},
  }),
};

/** What a policy file may contain: first generation. */
export const globPolicySchema = map({
  ...shared,
  version: z.literal(1, { error: must("be 1 or 2") }).default(1),
  rules: z.array(globRule, { error: must("be a list of rules") }).default([]),
});

/** The same: second generation. */
export const programPolicySchema = map({
  ...shared,
  version: z.literal(2, { error: must("be 1 or 2") }),
  rules: z.array(programRule, { error: must("be a list of rules") }).default([]),
});

export type GlobPolicyFile = z.infer<typeof globPolicySchema>;
export type ProgramPolicyFile = z.infer<typeof programPolicySchema>;

/** Keys of the other generation, which deserve a better word than "unknown". */
interface ForeignKeys {
  readonly keys: readonly string[];
  readonly why: string;
}

function map<Shape extends z.core.$ZodLooseShape>(shape: Shape, foreign?: ForeignKeys) {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue: Issue) =>
      issue.code === "unrecognized_keys"
        ? whyUnknown(String((issue.keys as readonly string[])[0]), known, foreign)
        : must("be a map")(issue),
  });
}

function whyUnknown(key: string, known: readonly string[], foreign?: ForeignKeys): string {
  if (foreign?.keys.includes(key) === true) return foreign.why;
  const near = nearestName(key, known);
  return near === undefined
    ? `is not known; write one of ${known.join(", ")}`
    : `is not known; write ${near} instead`;
}

function must(be: string) {
  return ({ input }: Issue): string => `must ${be}, not ${show(input)}`;
}

function show(value: unknown): string {
  if (value === undefined) return "nothing";
  const shown = JSON.stringify(value) as string | undefined;
  if (shown === undefined) return typeof value;
  return shown.length > 60 ? `${shown.slice(0, 60)}…` : shown;
}

function count(least: number) {
  const most = 1_000_000_000;
  const error = must(`be a whole number from ${least} to ${most}`);
  return z.int({ error }).min(least, { error }).max(most, { error }).optional();
}

function listOf(read: (entry: string) => unknown, what: string) {
  const entry = z
    .string({ error: must(`be ${what}`) })
    .refine((value) => read(value) !== undefined, { error: must(`be ${what}`) });
  return z.array(entry, { error: must("be a list") }).default([]);
}

function whyNoProgramRule(rule: {
  readonly [Key in keyof typeof programKeys]?: unknown;
}): string | undefined {
  const simple = rule.simple_binaries !== undefined;
  const structured = rule.binary !== undefined;
  const details = rule.arg_prefix !== undefined || rule.path_args !== undefined;
  if (simple === structured) return "must have either simple_binaries or binary";
  if (simple && (details || rule.allow_extra_args !== undefined)) {
    return "has simple_binaries; arg_prefix, path_args and allow_extra_args go with binary only";
  }
  if (structured && rule.simple_max_args !== undefined) {
    return "has binary; simple_max_args goes with simple_binaries only";
  }
  return structured && !details
    ? "has binary, so it must have arg_prefix or path_args too"
    : undefined;
}
