import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { SshConfigFile } from "../../src/ssh/sshConfigFile";
import { SshConnection } from "../../src/ssh/sshConnection";
import { TaskError } from "../../src/tasks/taskError";
import { requireProgram, run } from "../support/childProcesses";
import { createConnectParts } from "../support/createTasks";
import { startDropbear } from "../support/dropbear";
import { isRoot } from "../support/sshHarness";
import { startSshd } from "../support/sshd";
import type { SshServer } from "../support/sshServer";

type Verdict = "known" | "unknown" | "changed" | "revoked";

/** Keys as lines have them: those of the server, and under "other …" ones it never had. */
type Keys = Readonly<Record<string, string>>;

/** A case: its title, what becomes of the host's key, and the files to find it in. `HOST` is `[127.0.0.1]:port`. */
type Case = readonly [title: string, verdict: Verdict, files: (keys: Keys) => readonly string[]];

const hostKeyTypes = ["ed25519", "ecdsa", "rsa"] as const;

const cases: readonly Case[] = [
  ["its address with the port", "known", ({ ed25519 }) => [`HOST ${ed25519}`]],
  ["its address without a port", "known", ({ ed25519 }) => [`127.0.0.1 ${ed25519}`]],
  ["another port", "unknown", ({ ed25519 }) => [`[127.0.0.1]:1 ${ed25519}`]],
  ["`?` and `*`", "known", ({ ed25519 }) => [`[127.0.0.?]:* ${ed25519}`]],
  ["`*` alone", "known", ({ ed25519 }) => [`* ${ed25519}`]],
  ["a pattern that is another's", "unknown", ({ ed25519 }) => [`[10.*]:*,10.* ${ed25519}`]],
  ["a negated pattern", "unknown", ({ ed25519 }) => [`*,!HOST,!127.0.0.1 ${ed25519}`]],
  ["the second name of a line", "known", ({ ed25519 }) => [`build01,HOST ${ed25519}`]],
  ["CRLF, tabs and a comment", "known", ({ ed25519 }) => [`\tHOST\t${ed25519} mine\r\n\r`]],
  [
    "broken lines and comments",
    "known",
    ({ ed25519, rsa }) => [`# HOST x\nHOST\nHOST ssh-rsa AAAA\n@bad HOST ${rsa}\nHOST ${ed25519}`],
  ],
  ["an authority alone", "unknown", ({ ed25519 }) => [`@cert-authority * ${ed25519}`]],
  ["a revocation", "revoked", ({ ed25519 }) => [`HOST ${ed25519}\n@revoked * ${ed25519}`]],
  [
    "a revocation without a port",
    "revoked",
    ({ ed25519 }) => [`127.0.0.1 ${ed25519}\n@revoked 127.0.0.1 ${ed25519}`],
  ],
  ["its RSA key alone", "known", ({ rsa }) => [`HOST ${rsa}`]],
  ["its ECDSA key alone", "known", ({ ecdsa }) => [`HOST ${ecdsa}`]],
  ["two of its keys", "known", ({ ecdsa, rsa }) => [`HOST ${rsa}\nHOST ${ecdsa}`]],
  ["another key", "changed", (keys) => [`HOST ${keys["other ed25519"]}`]],
  ["another RSA key", "changed", (keys) => [`HOST ${keys["other rsa"]}`]],
  [
    "another key of the best type, and its own of another",
    "changed",
    (keys) => [`HOST ${keys.rsa}\nHOST ${keys["other ed25519"]}`],
  ],
  [
    "its own key of the best type, and another of another",
    "known",
    (keys) => [`HOST ${keys["other rsa"]}\nHOST ${keys.ed25519}`],
  ],
  ["another key without a port", "unknown", (keys) => [`127.0.0.1 ${keys["other ed25519"]}`]],
  [
    "another key without a port, and its own of another type",
    "known",
    (keys) => [`HOST ${keys.rsa}\n127.0.0.1 ${keys["other ed25519"]}`],
  ],
  ["nothing in the first file", "known", ({ ed25519 }) => ["", `HOST ${ed25519}`]],
  [
    "another key in the first file",
    "known",
    (keys) => [`HOST ${keys["other ed25519"]}`, `HOST ${keys.ed25519}`],
  ],
  [
    "a revocation in the second file",
    "revoked",
    ({ ed25519 }) => [`HOST ${ed25519}`, `@revoked HOST ${ed25519}`],
  ],
];

for (const [name, start] of [
  ["OpenSSH", startSshd],
  ...(isRoot ? [["dropbear", startDropbear] as const] : []),
] as const) {
  describe(`the key of a real ${name}, as we and as \`ssh\` judge it`, { timeout: 60_000 }, () => {
    let server: SshServer;
    let keys: Keys;
    before(async () => {
      server = await start({ hostKeyTypes });
      keys = await readKeys(server);
    });
    after(() => server.close());

    for (const [title, verdict, files] of cases) {
      it(`is ${verdict} by a file with ${title}`, async () => {
        const texts = files(keys).map((text) =>
          text.replaceAll("HOST", `[127.0.0.1]:${server.port}`),
        );

        assert.deepEqual(await judge(server, texts), { ours: verdict, openSsh: verdict });
      });
    }

    it("is known by a hashed line", async () => {
      const file = join(server.dir, "hashed");
      await writeFile(file, await readFile(server.knownHostsFile));
      await run(requireProgram("ssh-keygen"), ["-q", "-H", "-f", file]);
      const text = await readFile(file, "utf8");

      assert.match(text, /^\|1\|/);
      assert.deepEqual(await judge(server, [text]), { ours: "known", openSsh: "known" });
    });
  });
}

async function readKeys(server: SshServer): Promise<Keys> {
  const keys: Record<string, string> = {};
  for (const [index, type] of hostKeyTypes.entries()) {
    const other = join(server.dir, `other_${type}`);
    await run(requireProgram("ssh-keygen"), ["-q", "-t", type, "-N", "", "-f", other]);
    keys[type] = await readKey(`${server.hostKeyFiles[index]}.pub`);
    keys[`other ${type}`] = await readKey(`${other}.pub`);
  }
  return keys;
}

async function readKey(file: string): Promise<string> {
  return (await readFile(file, "utf8")).split(" ").slice(0, 2).join(" ");
}

/** What becomes of the server's key when these are the texts of the UserKnownHostsFiles. */
async function judge(
  server: SshServer,
  texts: readonly string[],
): Promise<{ ours: Verdict; openSsh: Verdict }> {
  const files = texts.map((_, index) => join(server.dir, `known_hosts_${index}`));
  for (const [index, file] of files.entries()) await writeFile(file, `${texts[index]}\n`);
  const config = join(server.dir, "judged_config");
  const text = await readFile(server.sshConfigFile, "utf8");
  const names = files.map((file) => `"${file}"`).join(" ");
  await writeFile(
    config,
    `${text.replace(/UserKnownHostsFile .*/, `UserKnownHostsFile ${names}`)}  GlobalKnownHostsFile none\n`,
  );
  return { ours: await judgeOurselves(server, config), openSsh: await askOpenSsh(server, config) };
}

async function judgeOurselves({ alias }: SshServer, config: string): Promise<Verdict> {
  const host = (await SshConfigFile.read(config)).resolve(alias);
  try {
    (await SshConnection.open(host, createConnectParts())).end();
    return "known";
  } catch (error) {
    const code = error instanceof TaskError ? error.code : undefined;
    if (code === "hostKeyUnknown") return "unknown";
    if (code === "hostKeyChanged") return "changed";
    if (code === "hostKeyRevoked") return "revoked";
    throw error;
  }
}

async function askOpenSsh({ alias }: SshServer, config: string): Promise<Verdict> {
  try {
    await run(requireProgram("ssh"), ["-F", config, alias, "true"]);
    return "known";
  } catch (error) {
    const { stderr } = error as { stderr: string };
    if (stderr.includes("REVOKED HOST KEY")) return "revoked";
    if (stderr.includes("IDENTIFICATION HAS CHANGED")) return "changed";
    if (/No \S+ host key is known/.test(stderr)) return "unknown";
    throw error;
  }
}
