import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { appendFile, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { listIdentities } from "../../src/ssh/identities";
import type { SshHostConfig } from "../../src/ssh/hostConfig";
import { SshConfigFile } from "../../src/ssh/sshConfigFile";
import { SshConnection } from "../../src/ssh/sshConnection";
import { requireProgram, run } from "../support/childProcesses";
import { createConnectParts } from "../support/createTasks";
import { eventually } from "../support/eventually";
import { startSshd, type Sshd } from "../support/sshd";

let folder: string;
let sshd: Sshd;
let host: SshHostConfig;
const agents: ChildProcess[] = [];

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "keys-"));
  sshd = await startSshd({ environment: { HOME: "/nonexistent" } });
  const config = await SshConfigFile.read(sshd.sshConfigFile);
  host = { ...config.resolve(sshd.alias), identitiesOnly: false };
});
after(async () => {
  for (const agent of agents) agent.kill();
  await sshd.close();
  await rm(folder, { recursive: true, force: true });
});

async function createKey(
  name: string,
  { passphrase = "", type = "ed25519" } = {},
): Promise<string> {
  const file = join(folder, name);
  await run(requireProgram("ssh-keygen"), ["-q", "-t", type, "-N", passphrase, "-f", file]);
  return file;
}

/** The server lets the key in from now on. */
async function authorize(file: string): Promise<void> {
  await appendFile(join(sshd.dir, "authorized_keys"), await readFile(`${file}.pub`));
}

/** A real ssh-agent that holds these keys; gives its socket. */
async function startAgent(name: string, ...keys: readonly string[]): Promise<string> {
  const socket = join(folder, `${name}.sock`);
  const agent = spawn(requireProgram("ssh-agent"), ["-D", "-a", socket], { stdio: "ignore" });
  agents.push(agent);
  const env = { ...process.env, SSH_AUTH_SOCK: socket };
  await eventually("the agent listens", () => existsSync(socket));
  if (keys.length > 0) await run(requireProgram("ssh-add"), ["-q", ...keys], { env });
  return socket;
}

async function signIn(changes: Partial<SshHostConfig>, agent?: string): Promise<void> {
  (
    await SshConnection.open(
      { ...host, ...changes },
      { ...createConnectParts(), agentSocket: agent },
    )
  ).end();
}

describe("the keys to sign in with", () => {
  const never = (): Promise<never> => Promise.reject(new Error("nobody is asked"));
  const list = (changes: Partial<SshHostConfig>, agent?: string) =>
    listIdentities({ ...host, ...changes }, agent, never);

  it("are those of the agent that the config names, the others of the agent, then the files", async () => {
    const [a, b, c] = [
      await createKey("a"),
      await createKey("b", { type: "rsa" }),
      await createKey("c"),
    ];
    const agent = await startAgent("order", c, b);

    const { usable } = await list({ identityFiles: [a, b] }, agent);

    const described = usable.map(({ description }) => description);
    assert.deepEqual([described[0], described[2]], [`${b} in the agent`, a]);
    assert.match(String(described[1]), /^the agent's key /);
    assert.equal(described.length, 3);
  });

  it("are also those with a passphrase, which nobody is asked for before the server wants the key", async () => {
    const locked = await createKey("locked", { passphrase: "secret" });
    await rm(`${locked}.pub`);

    const { usable } = await list({ identityFiles: [locked] });

    const agent = await usable[0]?.open();
    assert.equal(agent?.wasWanted, false);
  });

  it("are not what is no key, or can't be read, and it is said why", async () => {
    const garbage = join(folder, "garbage");
    await writeFile(garbage, "no key");

    const { usable, untried } = await list({ identityFiles: [garbage, folder] });

    assert.deepEqual(usable, []);
    assert.deepEqual(
      untried.map(({ what, why }) => [what, why]),
      [garbage, folder].map((file) => [file, "file"]),
    );
    assert.match(String(untried[1]?.detail), /^EISDIR/);
  });

  it("are none where there are no files and no agent", async () => {
    const missing = join(folder, "missing");

    const { usable, untried } = await list({ identityFiles: [missing] }, missing);

    assert.deepEqual(usable, []);
    assert.deepEqual(
      untried.map(({ what, why }) => [what, why]),
      [["the agent", "agent"]],
    );
  });
});

describe("a sign-in to a real server", { timeout: 60_000 }, () => {
  for (const type of ["ed25519", "rsa", "ecdsa"]) {
    it(`goes by an ${type} key file`, async () => {
      const key = await createKey(`file-${type}`, { type });
      await authorize(key);

      await signIn({ identityFiles: [key] });
    });
  }

  it("goes by the agent alone", async () => {
    const key = await createKey("agent-only", { passphrase: "" });
    await authorize(key);
    const agent = await startAgent("alone", key);
    await rm(key);

    await signIn({ identityFiles: [] }, agent);
  });

  it("goes on to the key files when the agent has no key that fits", async () => {
    const stranger = await createKey("stranger");
    const agent = await startAgent("strange", stranger);

    await signIn({}, agent);
  });

  it("goes on to the key files when the agent does not answer", async () => {
    const gone = join(folder, "gone.sock");
    await symlink(sshd.identityFile, gone);

    await signIn({}, gone);
  });

  it("uses with IdentitiesOnly those keys of the agent that IdentityFile names, and no other", async () => {
    const named = await createKey("named");
    const other = await createKey("other");
    await authorize(other);
    const agent = await startAgent("only", named, other);
    await rm(named); // its public half is what names it

    await assert.rejects(signIn({ identitiesOnly: true, identityFiles: [named] }, agent), {
      code: "signInFailed",
    });
    await authorize(named);
    await signIn({ identitiesOnly: true, identityFiles: [named] }, agent);
  });

  it("uses with IdentitiesOnly a key with a passphrase that the agent has", async () => {
    const locked = await createKey("locked-in-agent");
    await authorize(locked);
    const agent = await startAgent("locked", locked);
    await run(requireProgram("ssh-keygen"), ["-q", "-p", "-P", "", "-N", "secret", "-f", locked]);

    await signIn({ identitiesOnly: true, identityFiles: [locked] }, agent);
  });

  it("asks the agent first for the keys that IdentityFile names, before the server loses patience", async () => {
    const many = await Promise.all(Array.from({ length: 8 }, (_, n) => createKey(`many-${n}`)));
    const named = await createKey("named-last");
    await authorize(named);
    const agent = await startAgent("many", ...many, named);
    await rm(named);

    await signIn({ identityFiles: [named] }, agent);
  });

  it("takes an IdentityFile that is a public key for the name of one in the agent", async () => {
    const named = await createKey("public");
    await authorize(named);
    const agent = await startAgent("public", named);

    await signIn({ identitiesOnly: true, identityFiles: [`${named}.pub`] }, agent);
  });

  it("says of a key with a passphrase that the server refused it, for which nobody had to unlock it", async () => {
    const locked = await createKey("locked-refused", { passphrase: "secret" });

    await assert.rejects(signIn({ identityFiles: [locked] }), (error: Error) => {
      assert.match(error.message, /refused .*locked-refused; it takes publickey\./);
      return true;
    });
  });
});
