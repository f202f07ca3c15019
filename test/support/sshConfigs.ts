import { userInfo } from "node:os";
import fc from "fast-check";

/** Generates ssh configs that OpenSSH takes, for its reading of them to be compared with ours. */

/** Names to ask about. */
export const aliases = [
  ...["web", "web1", "db", "db.lab", "a.b.lab", "Web", "x", "build01.example.com", "10.0.0.1"],
  ...["w-b_1", "constructor"],
] as const;

const users = ["dev", "Dev", "ops", userInfo().username];
const name = fc.constantFrom(...aliases);
const pattern = fc.oneof(
  { weight: 3, arbitrary: name },
  fc.constantFrom("*", "*.lab", "w?b", "web*", "?b", "*.example.com", "b*d*1*", "??", "*b*"),
  fc.string({
    unit: fc.constantFrom("*", "?", "w", "e", "b", ".", "1"),
    minLength: 1,
    maxLength: 5,
  }),
);
const negated = (of: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.tuple(fc.constantFrom("", "", "", "!"), of).map((parts) => parts.join(""));
const patterns = fc.array(negated(pattern), { minLength: 1, maxLength: 4 });

/** Written as it is or in quotes of either kind, which say the same. */
const quotable = (words: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(words, fc.constantFrom("", "", "", '"', "'"))
    .map(([word, quote]) => `${quote}${word}${quote}`);
const path = fc.constantFrom(
  ...["/k/a", "/k/b", "~/k", "none", "NONE", "/k/%h-%n-%r-%p", "~/%u/%%/%d", "/k/%i/%L/%l/%k"],
  ...["/k/${HOME}/x", '"/k/a b"', "'/k/c d'", "/k/e\\ f", '"/k/%h \\"g\\""'],
);
const paths = fc.array(
  path.filter((one) => !/none/i.test(one)),
  { minLength: 1, maxLength: 3 },
);
/** None of the aliases: OpenSSH refuses a host that would be its own jump host. */
const jump = fc
  .tuple(
    fc.constantFrom("", "", "me@", "a.b@"),
    fc.constantFrom("hop", "Hop.lab", "10.9.9.9", "[2001:db8::7]"),
    fc.constantFrom("", ":22", ":2200"),
  )
  .map((parts) => parts.join(""));

type Statement = fc.Arbitrary<readonly [keyword: string, value: string]>;

/** Keywords with values that OpenSSH takes. */
const option: Statement = fc.oneof(
  ...(
    [
      ["User", quotable(fc.constantFrom(...users))],
      ["Port", quotable(fc.constantFrom("22", "2222", "1", "65535"))],
      [
        "HostName",
        quotable(fc.constantFrom("%h", "%h.Lab", "a%%b", "10.0.0.2", "Real.Example", "web", "::1")),
      ],
      ["IdentityFile", path],
      ["CertificateFile", path],
      ["UserKnownHostsFile", paths.map((list) => list.join(" "))],
      ["GlobalKnownHostsFile", fc.constantFrom("/g/a", "/g/a /g/b", "none")],
      ["ControlPath", fc.constantFrom("/c/%h-%p-%r-%n", "none", "~/c", '"/c/a b"')],
      ["IdentityAgent", fc.constantFrom("/a/%h", "none", "SSH_AUTH_SOCK", "~/agent", "$AGENT")],
      ["PKCS11Provider", fc.constantFrom("/lib/p.so", "none")],
      ["HostKeyAlias", fc.constantFrom("pool", "Pool.Lab")],
      ["IdentitiesOnly", fc.constantFrom("yes", "no")],
      ["StrictHostKeyChecking", fc.constantFrom("yes", "no", "ask", "accept-new")],
      ["HashKnownHosts", fc.constantFrom("yes", "no")],
      ["GSSAPIAuthentication", fc.constantFrom("yes", "no")],
      ["PreferredAuthentications", fc.constantFrom("publickey", "publickey,password")],
      ["ServerAliveInterval", fc.constantFrom("0", "30", "2m", "1h30m", "1M5")],
      ["ServerAliveCountMax", fc.constantFrom("1", "7")],
      [
        "ProxyJump",
        fc.oneof(fc.constant("none"), fc.array(jump, { minLength: 1, maxLength: 3 }).map(String)),
      ],
      ["ProxyCommand", fc.constantFrom("none", "nc %h %p", 'nc "a b" # c', "exec nc  x")],
      // What says nothing of how to reach a host.
      ["ForwardAgent", fc.constantFrom("yes", "no")],
      ["SendEnv", fc.constant("LANG LC_*")],
      ["LocalForward", fc.constant("8080 localhost:80")],
    ] as readonly (readonly [string, fc.Arbitrary<string>])[]
  ).map(([keyword, value]) => fc.tuple(fc.constant(keyword), value)),
);

const comma = fc.array(negated(pattern), { minLength: 1, maxLength: 3 }).map(String);
const userList = fc.array(negated(fc.constantFrom(...users, "*", "d*", "?ps")), {
  minLength: 1,
  maxLength: 2,
});
/** Of what the versions of OpenSSH agree on: they differ in single quotes, and in whether `!final` wants a second pass. */
const criterion = fc
  .tuple(
    fc.constantFrom("", "", "", "!"),
    fc.oneof(
      fc.tuple(fc.constantFrom("host", "originalhost", "Host"), quotableMatch(comma)),
      fc.tuple(fc.constantFrom("user", "localuser", "USER"), userList.map(String)),
    ),
    fc.constantFrom(" ", " ", "="),
  )
  .map(([mark, [keyword, value], between]) => `${mark}${keyword}${between}${value}`);

function quotableMatch(words: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .tuple(words, fc.constantFrom("", "", '"'))
    .map(([word, quote]) => `${quote}${word}${quote}`);
}

const criteria = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom("all", "!all", "final", "canonical", "!canonical") },
  { weight: 5, arbitrary: fc.array(criterion, { minLength: 1, maxLength: 3 }).map(joined) },
  {
    weight: 1,
    arbitrary: fc
      .array(criterion, { minLength: 1, maxLength: 2 })
      .map((all) => `final ${joined(all)}`),
  },
);
const quotedPatterns = fc
  .array(quotable(negated(pattern)), { minLength: 1, maxLength: 4 })
  .map(joined);

function joined(words: readonly string[]): string {
  return words.join(" ");
}

const statement: Statement = fc.oneof(
  { weight: 12, arbitrary: option },
  {
    weight: 4,
    arbitrary: fc.tuple(fc.constant("Host"), fc.oneof(patterns.map(joined), quotedPatterns)),
  },
  { weight: 3, arbitrary: fc.tuple(fc.constant("Match"), criteria) },
  {
    weight: 1,
    arbitrary: fc.tuple(
      fc.constant("Include"),
      fc.constantFrom("DIR/a", "DIR/b DIR/a", '"DIR/?"', "DIR/[ab]", "DIR/nothing*", "DIR/*"),
    ),
  },
);

/** A statement in one of the forms that say the same. */
const line = fc
  .record({
    statement,
    indent: fc.constantFrom("", " ", "\t", "    "),
    between: fc.constantFrom(" ", " ", "\t", "  ", "=", " = "),
    letters: fc.constantFrom("as is", "lower", "upper"),
    tail: fc.constantFrom("", "", "", " ", "\r", "\t\r", " # Host x"),
    before: fc.constantFrom("", "", "", "\n", "# User other\n", "  #'\n"),
  })
  .map(({ statement: [keyword, value], indent, between, letters, tail, before }) => {
    const cases = { "as is": keyword, lower: keyword.toLowerCase(), upper: keyword.toUpperCase() };
    // A comment is no comment to these, whose value is the rest of the line.
    const end = /^Proxy/.test(keyword) && tail.includes("#") ? "" : tail;
    return `${before}${indent}${cases[letters]}${between}${value}${end}`;
  });

const lines = (most: number): fc.Arbitrary<string> =>
  fc.array(line, { maxLength: most }).map((all) => `${all.join("\n")}\n`);

/** A config and the files `a` and `b` for it to include; `DIR` stands for the folder of all three. */
export const sshConfigs = fc.record({
  config: fc.array(line, { minLength: 4, maxLength: 24 }).map((all) => `${all.join("\n")}\n`),
  // Nothing includes itself.
  a: lines(6).map((text) => text.replace(/^(\s*include[\s=]+).*$/gim, "$1DIR/b")),
  b: lines(6).map((text) => text.replace(/^(\s*)include/gim, "$1SendEnv")),
});
