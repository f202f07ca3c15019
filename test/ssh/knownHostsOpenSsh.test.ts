import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import fc from "fast-check";
import { KnownHosts } from "../../src/ssh/knownHosts";
import { requireProgram, run } from "../support/childProcesses";

/** Names as a lookup has them. */
const names = ["build01", "web.example", "db.example", "[build01]:2222", "10.0.0.1", "[::1]:22022"];

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

describe("a line of known_hosts, as we and as `ssh-keygen -F` read it", { timeout: 60_000 }, () => {
  let folder: string;
  let key: { text: string; blob: Buffer };
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "known-"));
    const file = join(folder, "key");
    await run(requireProgram("ssh-keygen"), ["-q", "-t", "ed25519", "-N", "", "-f", file]);
    const [type, base64 = ""] = (await readFile(`${file}.pub`, "utf8")).split(" ");
    key = { text: `${type} ${base64}`, blob: Buffer.from(base64, "base64") };
  });
  after(() => rm(folder, { recursive: true, force: true }));

  async function assertSameFinds(file: string): Promise<string[]> {
    const text = await readFile(file, "utf8");
    const known = new KnownHosts();
    known.add(text, file);
    const ours = names.map((name) => known.check(name, key.blob).kind);
    const openSsh = await Promise.all(names.map((name) => find(name, file)));
    assert.deepEqual(ours, openSsh, `${names.join(" ")} in ${JSON.stringify(text)}`);
    return ours;
  }

  /** What ssh-keygen finds, as a verdict on the key; authorities aside. */
  async function find(name: string, file: string): Promise<string> {
    const found = await run(requireProgram("ssh-keygen"), ["-F", name, "-f", file]).catch(() => "");
    // It does not look into the key of the line.
    if (!found.includes(key.text)) return "unknown";
    if (/^# Host .* REVOKED/m.test(found)) return "revoked";
    return /^# Host .* found: line \d+ *$/m.test(found) ? "known" : "unknown";
  }

  it("is found for the same names, whatever it has", async () => {
    const file = join(folder, "lines");
    const lines = fc.sample(fc.tuple(form, hosts), { numRuns: 100, seed: 1 });
    const verdicts: string[] = [];
    for (const [text, list] of lines) {
      await writeFile(file, `${text.replace("HOSTS", list).replace("KEY", key.text)}\n`);

      verdicts.push(...(await assertSameFinds(file)));
    }

    for (const verdict of ["known", "revoked", "unknown"])
      assert.ok(verdicts.filter((one) => one === verdict).length > 10, verdict);
  });

  it("is found for the same names when it was hashed", async () => {
    const file = join(folder, "hashed");
    for (const name of [...names, "Build01"]) {
      await writeFile(file, `${name} ${key.text}\n`);
      await run(requireProgram("ssh-keygen"), ["-q", "-H", "-f", file]);

      await assertSameFinds(file);
    }
  });
});
