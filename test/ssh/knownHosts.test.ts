import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import fc from "fast-check";
import { fingerprint, KnownHosts, knownHostsName, keyType } from "../../src/ssh/knownHosts";
import { requireProgram, run } from "../support/childProcesses";

interface TestKey {
  /** `type base64`, as a line has it. */
  readonly text: string;
  readonly blob: Buffer;
}

/** A key of this type with random contents: nobody looks further into it. */
function createKey(type = "ssh-ed25519"): TestKey {
  const string = (bytes: Buffer): Buffer => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
  };
  const blob = Buffer.concat([string(Buffer.from(type)), string(randomBytes(32))]);
  return { text: `${type} ${blob.toString("base64")}`, blob };
}

function createKnownHosts(...lines: string[]): KnownHosts {
  const known = new KnownHosts();
  known.add(lines.join("\n"), "known_hosts");
  return known;
}

const key = createKey();
const otherKey = createKey();
const rsaKey = createKey("ssh-rsa");

describe("a key in known_hosts", () => {
  for (const [title, hosts, name, verdict] of [
    ["is known by a plain name", "build01", "build01", "known"],
    [
      "is known in whatever case the line is",
      "Build01.Example.COM",
      "build01.example.com",
      "known",
    ],
    ["is unknown under another name", "build01", "build011", "unknown"],
    ["is unknown under a longer name", "build01", "xbuild01", "unknown"],
    ["is known under each name of a list", "a,b,c", "b", "known"],
    ["is known by `[host]:port`", "[build01]:2222", "[build01]:2222", "known"],
    ["is unknown for another port", "[build01]:2222", "[build01]:2223", "unknown"],
    ["is unknown for port 22 when the line names another", "[build01]:2222", "build01", "unknown"],
    ["is known by an IPv6 address", "::1", "::1", "known"],
    ["is known by an IPv6 address with a port", "[::1]:2222", "[::1]:2222", "known"],
    ["is known by `*`", "*.example.com", "web.example.com", "known"],
    ["is unknown where `*` has nothing to match", "*.example.com", "example.com", "unknown"],
    ["is known by `?`", "build0?", "build01", "known"],
    ["is unknown where `?` has no character", "build0?", "build0", "unknown"],
    [
      "is unknown to a negated name",
      "*.example.com,!web.example.com",
      "web.example.com",
      "unknown",
    ],
    ["is unknown to a negated pattern, whatever its place", "!web*,web01", "web01", "unknown"],
    ["is known where the negation does not fit", "*.example.com,!db.*", "web.example.com", "known"],
    ["is unknown where nothing but a negation fits", "!web01", "db01", "unknown"],
    ["takes a dot for nothing but a dot", "web.example", "webxexample", "unknown"],
    ["takes brackets for nothing but brackets", "build[01]", "build0", "unknown"],
  ] as const) {
    it(`${title}: ${hosts} for ${name}`, () => {
      const known = createKnownHosts(`${hosts} ${key.text} a comment`);

      assert.equal(known.check(name, key.blob).kind, verdict);
    });
  }

  it("is changed when the line has another of the same type, and says which and where", () => {
    const known = createKnownHosts("# mine", `build01 ${otherKey.text}`);

    assert.deepEqual(known.check("build01", key.blob), {
      kind: "changed",
      fingerprint: fingerprint(otherKey.blob),
      where: "known_hosts:2",
    });
  });

  it("is unknown, not changed, when only keys of other types are known", () => {
    const known = createKnownHosts(`build01 ${rsaKey.text}`);

    assert.equal(known.check("build01", key.blob).kind, "unknown");
  });

  it("is known when any of several lines has it", () => {
    const known = createKnownHosts(`build01 ${otherKey.text}`, `build01 ${rsaKey.text}`);
    known.add(`build01 ${key.text}`, "known_hosts2");

    assert.equal(known.check("build01", key.blob).kind, "known");
    assert.deepEqual(known.keyTypes("build01"), ["ssh-ed25519", "ssh-rsa"]);
  });

  it("is revoked wherever else it is trusted", () => {
    const known = createKnownHosts(`build01 ${key.text}`, `@revoked * ${key.text}`);

    assert.deepEqual(known.check("build01", key.blob), { kind: "revoked", where: "known_hosts:2" });
    assert.deepEqual(known.check("web01", key.blob), { kind: "revoked", where: "known_hosts:2" });
  });

  it("is not made known, nor changed, by a revoked one or by that of an authority", () => {
    const known = createKnownHosts(
      `@revoked build01 ${otherKey.text}`,
      `@cert-authority build01 ${key.text}`,
      `@something build01 ${key.text}`,
    );

    assert.equal(known.check("build01", key.blob).kind, "unknown");
    assert.deepEqual(known.keyTypes("build01"), []);
  });

  it("is read from lines with tabs, CRLF and blanks before them", () => {
    const known = createKnownHosts(`  build01\t${key.text.replace(" ", "\t")}\tcomment\r`, "");

    assert.equal(known.check("build01", key.blob).kind, "known");
  });

  for (const garbage of [
    "",
    "build01",
    "build01 ssh-ed25519",
    "build01 ssh-ed25519 !!!!",
    "build01 ssh-ed25519 AAAA",
    `build01 ssh-rsa ${key.text.split(" ")[1]}`,
    `# build01 ${key.text}`,
    `#build01 ${key.text}`,
    `@cert-authority ${key.text}`,
    `|1|bad ${key.text}`,
    `|1||  ${key.text}`,
    `|2|AAAA|AAAA ${key.text}`,
    "\0\0\0 \0 \0",
  ]) {
    it(`is not found in ${JSON.stringify(garbage.slice(0, 40))}, nor does that keep later lines from counting`, () => {
      assert.equal(createKnownHosts(garbage).check("build01", key.blob).kind, "unknown");
      const known = createKnownHosts(garbage, `build01 ${key.text}`);
      assert.equal(known.check("build01", key.blob).kind, "known");
    });
  }

  it("is never known that is not in the text", () => {
    const word = fc.oneof(
      fc.constantFrom(
        "build01",
        "*",
        "!build01",
        "@revoked",
        "@cert-authority",
        "#",
        "ssh-ed25519",
      ),
      fc.constantFrom(
        otherKey.text,
        rsaKey.text,
        otherKey.text.slice(0, -4),
        key.text.slice(0, -4),
      ),
      fc.string(),
    );
    const line = fc.array(word, { maxLength: 5 }).map((words) => words.join(" "));
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), (lines) => {
        const known = createKnownHosts(...lines);

        assert.notEqual(known.check("build01", key.blob).kind, "known");
      }),
      { numRuns: 2000 },
    );
  });
});

describe("known_hosts as OpenSSH writes it", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "known-"));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it("is read when ssh-keygen has hashed it", async () => {
    const file = join(folder, "hashed");
    await writeFile(file, `build01 ${key.text}\n[web.example.com]:2222 ${rsaKey.text}\n`);
    await run(requireProgram("ssh-keygen"), ["-H", "-f", file]);

    const known = new KnownHosts();
    const text = await readFile(file, "utf8");
    known.add(text, file);

    assert.doesNotMatch(text, /build01|example/);
    assert.equal(known.check("build01", key.blob).kind, "known");
    assert.equal(known.check("build01", otherKey.blob).kind, "changed");
    assert.equal(known.check("build02", key.blob).kind, "unknown");
    assert.equal(known.check(knownHostsName("Web.Example.com", 2222), rsaKey.blob).kind, "known");
    assert.equal(known.check("web.example.com", rsaKey.blob).kind, "unknown");
  });

  for (const type of ["ed25519", "rsa", "ecdsa"]) {
    it(`has the type and the fingerprint that ssh-keygen names, for ${type}`, async () => {
      const file = join(folder, type);
      await run(requireProgram("ssh-keygen"), ["-q", "-t", type, "-N", "", "-f", file]);
      const [name, base64] = (await readFile(`${file}.pub`, "utf8")).split(" ");

      const blob = Buffer.from(String(base64), "base64");

      const printed = await run(requireProgram("ssh-keygen"), ["-l", "-f", `${file}.pub`]);
      assert.equal(fingerprint(blob), printed.split(" ")[1]);
      assert.equal(keyType(blob), name);
    });
  }

  it("judges as `ssh-keygen -F` finds", async () => {
    const lines = [
      `plain ${key.text}`,
      `*.example.com,!web.example.com ${key.text}`,
      `[port]:2222,list ${key.text}`,
    ];
    const file = join(folder, "compared");
    await writeFile(file, lines.join("\n") + "\n");
    const known = createKnownHosts(...lines);

    for (const name of [
      "plain",
      "db.example.com",
      "web.example.com",
      "[port]:2222",
      "port",
      "list",
      "x",
    ]) {
      const found = await run(requireProgram("ssh-keygen"), ["-F", name, "-f", file]).catch(
        () => "",
      );

      assert.equal(known.check(name, key.blob).kind === "known", found !== "", name);
    }
  });
});

describe("the type of a key", () => {
  it("is empty when there is none", () => {
    assert.equal(keyType(Buffer.alloc(0)), "");
    assert.equal(keyType(Buffer.from([0, 0, 0])), "");
  });
});
