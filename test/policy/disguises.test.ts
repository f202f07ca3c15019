import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { decideCommand } from "../../src/policy/decideCommand";
import { readPolicyValue } from "../../src/policy/readPolicy";
import { globPolicy, programPolicy } from "./samples";
import { composed, simpleCommand } from "./shellLines";

const seed = Number(process.env.FC_SEED ?? Date.now() % 2 ** 31);
const runs = 25_000;

const noRemoving = globPolicy("allow *", "deny rm *", "deny rm");
const noRemovingPrograms = {
  ...programPolicy({ action: "deny", simple_binaries: ["rm"] }),
  default: "allow",
};
const uptimeOnly = globPolicy("allow uptime*");
const noSubstring = { limits: { deny_substrings: ["rm "] }, default: "allow" };

const harmless = composed(simpleCommand(fc.constantFrom("uptime", "df", "ls")));
const removing = simpleCommand(fc.constant("rm"));
const other = simpleCommand(fc.constantFrom("rm", "df", "ls"));
const substitution = fc.constantFrom(
  "$(rm x)",
  "`rm x`",
  '"$(rm x)"',
  '"`rm x`"',
  "X=$(rm x) uptime",
  "${X:-$(rm x)}",
);

/** The command somewhere among others, in a chain, a group or a condition. */
function among(command: fc.Arbitrary<string>, others: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const separator = fc.constantFrom(
    "&&",
    "||",
    ";",
    "|",
    "&",
    "\n",
    " && ",
    " | ",
    " &\n",
    " # x\n",
  );
  const around = fc.constantFrom(
    "%",
    "%",
    "(%)",
    "{ %\n}",
    "! %",
    "if %\nthen uptime; fi",
    "if uptime\nthen %\nfi",
    "while %\ndo uptime; done",
    "for i in x; do %\ndone",
    "uptime || (uptime; %\n)",
  );
  // A comment would hide what follows it.
  const uncommented = others.filter((line) => !/(?:^|[\s;&|()])#/.test(line));
  const maybe = fc.option(fc.tuple(uncommented, separator));
  return fc
    .tuple(maybe, command, around, fc.option(fc.tuple(separator, others)))
    .map(([before, middle, shape, behind]) =>
      [...(before ?? []), shape.replace("%", () => middle), ...(behind ?? [])].join(""),
    );
}

function neverAllows(policies: readonly object[], commands: fc.Arbitrary<string>): void {
  const read = policies.map((policy) => readPolicyValue(policy, "policy"));
  fc.assert(
    fc.property(commands, (command) => {
      for (const policy of read) {
        const { outcome } = decideCommand(policy, { alias: "web1", tags: [], command });
        assert.equal(outcome, "deny", command);
      }
    }),
    { seed, numRuns: runs },
  );
}

describe(`no disguise, of seed ${seed}, gets a command through`, () => {
  it("that a rule denies, when all else is allowed", () => {
    neverAllows([noRemoving, noRemovingPrograms], among(removing, harmless));
  });

  it("that is not the only one allowed", () => {
    neverAllows([uptimeOnly], among(other, harmless));
  });

  it("that deny_substrings names", () => {
    neverAllows([noSubstring], among(removing, harmless));
  });

  it("by a substitution, wherever it stands", () => {
    const hidden = fc.tuple(fc.constantFrom("", "uptime ", "X=1 ", 'uptime "a" '), substitution);
    const policies = [noRemoving, uptimeOnly, noRemovingPrograms, { default: "allow" }];
    neverAllows(
      policies,
      among(
        hidden.map((parts) => parts.join("")),
        harmless,
      ),
    );
  });

  it("while most of what is harmless is allowed", () => {
    const policy = readPolicyValue(noRemoving, "policy");
    const commands = fc.sample(harmless, { seed, numRuns: 2_000 });

    const allowed = commands.filter(
      (command) => decideCommand(policy, { alias: "a", tags: [], command }).outcome === "allow",
    );

    assert.ok(allowed.length > 0.6 * commands.length, `${allowed.length} of ${commands.length}`);
  });
});
