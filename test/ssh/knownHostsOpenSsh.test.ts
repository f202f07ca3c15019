import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import fc from "fast-check";
import { KnownHosts } from "../../src/ssh/knownHosts";
import { requireProgram, run } from "../support/childProcesses";

const seed = 20_240_601;
const files = 1_500;

/** Names as a lookup has them. */
const names = [
  ...["build01", "web.example", "db.example", "[build01]:2222", "10.0.0.1", "[::1]:22022", "::1"],
];

const pattern = fc.oneof(
  fc.constantFrom(...names, "Build01", "[BUILD01]:2222", "::1"),
  fc.constantFrom("*", "*.example", "?b.example", "build0?", "build??", "10.0.0.?", "10.0.*"),
  fc.constantFrom("[*]:2222", "[build01]:*", "[build0?]:2222", "*:22022", "b*d*1", "**", "?"),
  fc.string({ unit: fc.constantFrom("*", "?", "b", "0", "1", ".", "[", "]", ":"), maxLength: 5 }),
);
const hosts = fc
  .array(
    fc.tuple(fc.constantFrom("", "", "!"), pattern).map((parts) => parts.join("")),
    { minLength: 1, maxLength: 4 },
  )
  .map((patterns) => patterns.join(","));
/** What a line may have around its hosts and its key, `HOSTS` and `KEY`. */
const form = fc.constantFrom(
  ...["HOSTS KEY", "HOSTS KEY", "HOSTS KEY", "HOSTS KEY a comment", "  HOSTS\tKEY", "HOSTS  KEY\r"],
  ...[
    "@revoked HOSTS KEY",
    "@revoked  HOSTS\tKEY",
    "@cert-authority HOSTS KEY",
    "@other HOSTS KEY",
  ],
  ...["#HOSTS KEY", "# HOSTS KEY", "HOSTS", "HOSTS ssh-ed25519", "HOSTS ssh-rsa AAAA", "HOSTS,KEY"],
);
/** Hashed as OpenSSH does it, which takes one name without wildcards. */
const hashed = fc
  .tuple(fc.constantFrom(...names), fc.uint8Array({ minLength: 20, maxLength: 20 }))
  .map(([name, bytes]) => {
    const salt = Buffer.from(bytes);
    const hash = createHmac("sha1", salt).update(name).digest("base64");
    return `|1|${salt.toString("base64")}|${hash}`;
  });
/** Two keys of one type, and one of another. */
const keys = ["first", "second", "other"] as const;
type KeyName = (typeof keys)[number];
const lines = fc.array(
  fc.record({
    form,
    hosts: fc.oneof({ weight: 3, arbitrary: hosts }, { weight: 1, arbitrary: hashed }),
    key: fc.constantFrom(...keys),
  }),
  { minLength: 1, maxLength: 7 },
);

/** What is found for a name: for each line by its number from 1, what it is marked as. */
type Found = ReadonlyMap<number, string>;

describe("known_hosts, as we and as `ssh-keygen -F` read it", { timeout: 120_000 }, () => {
  let folder: string;
  const texts = new Map<KeyName, string>();
  const blob = (key: KeyName): Buffer => Buffer.from(textOf(key).split(" ")[1] ?? "", "base64");
  const textOf = (key: KeyName): string => texts.get(key) ?? "";
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "known-"));
    for (const key of keys) {
      const file = join(folder, key);
      const type = key === "other" ? "ecdsa" : "ed25519";
      await run(requireProgram("ssh-keygen"), ["-q", "-t", type, "-N", "", "-f", file]);
      texts.set(key, (await readFile(`${file}.pub`, "utf8")).split(" ", 2).join(" "));
    }
  });
  after(() => rm(folder, { recursive: true, force: true }));

  /** One shell for all names: a process of its own for each takes Node longer than ssh-keygen. */
  async function findAll(file: string): Promise<Found[]> {
    const script = 'for name; do "$KEYGEN" -F "$name" -f "$FILE"; echo "@@"; done';
    const env = { ...process.env, KEYGEN: requireProgram("ssh-keygen"), FILE: file };
    const printed = await run("/bin/sh", ["-c", script, "sh", ...names], { env });
    return printed
      .split("@@\n")
      .slice(0, names.length)
      .map((part) => {
        const found = part.matchAll(/^# Host .* found: line (\d+) *(\w*) *$/gm);
        return new Map([...found].map(([, number, mark = ""]) => [Number(number), mark]));
      });
  }

  /** The verdict on a key that follows from what ssh-keygen has found; it does not look into the keys of the lines. */
  function judge(text: string, found: Found, key: KeyName): string {
    const type = textOf(key).split(" ")[0] ?? "";
    const those = text.split("\n").flatMap((line, index) => {
      const mark = found.get(index + 1);
      const own = keys.find((one) => line.includes(textOf(one)));
      return mark === undefined || own === undefined ? [] : [{ mark, own, number: index + 1 }];
    });
    if (those.some(({ mark, own }) => mark === "REVOKED" && own === key)) return "revoked";
    const trusted = those.filter(({ mark }) => mark === "");
    if (trusted.some(({ own }) => own === key)) return "known";
    const other = trusted.find(({ own }) => textOf(own).startsWith(`${type} `));
    return other ? `changed at ${other.number}` : "unknown";
  }

  it("gives the same verdicts on keys of generated files", async () => {
    const samples = fc.sample(lines, { numRuns: files, seed });
    const counts = new Map<string, number>();
    const work = samples.entries();
    const worker = async (): Promise<void> => {
      for (const [index, sample] of work) {
        const file = join(folder, `${index}`);
        const text = sample
          .map(({ form, hosts, key }) => form.replace("HOSTS", hosts).replace("KEY", textOf(key)))
          .join("\n");
        await writeFile(file, `${text}\n`);
        compare(`${text}\n`, await findAll(file), `seed ${seed}, file ${index}`, counts);
        await rm(file);
      }
    };
    await Promise.all([worker(), worker()]);

    const pairs = [...counts.values()].reduce((sum, count) => sum + count, 0) / keys.length;
    assert.ok(pairs >= 10_000, `${pairs}`);
    for (const verdict of ["known", "changed", "revoked", "unknown"])
      assert.ok((counts.get(verdict) ?? 0) > 100, verdict);
  });

  function compare(
    text: string,
    found: readonly Found[],
    what: string,
    counts: Map<string, number>,
  ): void {
    const known = new KnownHosts();
    known.add(text, "file");
    for (const [place, name] of names.entries())
      for (const key of keys) {
        const verdict = known.check(name, blob(key));
        const ours =
          verdict.kind === "changed"
            ? `changed at ${verdict.where.replace("file:", "")}`
            : verdict.kind;
        const theirs = judge(text, found[place] ?? new Map(), key);
        assert.equal(ours, theirs, `${name} with the key ${key} in ${what}:\n${text}`);
        counts.set(verdict.kind, (counts.get(verdict.kind) ?? 0) + 1);
      }
  }

  it("finds what ssh-keygen has hashed", async () => {
    const file = join(folder, "hashed");
    for (const name of [...names, "Build01"]) {
      const text = `${name} ${textOf("first")}\n`;
      await writeFile(file, text);
      await run(requireProgram("ssh-keygen"), ["-q", "-H", "-f", file]);

      const counts = new Map<string, number>();
      compare(await readFile(file, "utf8"), await findAll(file), name, counts);
      assert.equal(counts.get("known"), 1, name);
    }
  });
});
