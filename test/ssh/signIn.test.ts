import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { appendFile, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { prepareSignIn } from "../../src/ssh/signIn";
import { SshConfigFile, type SshHostConfig } from "../../src/ssh/sshConfigFile";
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

describe("what a sign-in is prepared from", () => {
  it("is the agent, then each key file that can be used, in the order of the config", async () => {
    const [a, b] = [await createKey("a"), await createKey("b", { type: "rsa" })];
    const agent = await startAgent("order");

    const { methods, description } = await prepareSignIn({ ...host, identityFiles: [b, a] }, agent);

    assert.deepEqual(
      methods.map(({ type }) => type),
      ["none", "agent", "publickey", "publickey"],
    );
    assert.equal(description, `the agent's keys, ${b}, ${a}`);
  });

  it("skips a key with a passphrase, and says so", async () => {
    const locked = await createKey("locked", { passphrase: "secret" });
    const open = await createKey("open");

    const prepared = await prepareSignIn({ ...host, identityFiles: [locked, open] }, undefined);

    assert.equal(prepared.methods.length, 2);
    assert.equal(prepared.description, `${open}; not tried: ${locked} (it needs a passphrase)`);
  });

  it("skips what is no key, and says why", async () => {
    const garbage = join(folder, "garbage");
    await writeFile(garbage, "no key");

    const { methods, description } = await prepareSignIn(
      { ...host, identityFiles: [garbage] },
      undefined,
    );

    assert.equal(methods.length, 1);
    assert.match(
      description,
      /^a sign-in without any key \(none was found\); not tried: .*garbage \(.+\)$/,
    );
  });

  it("skips a file that can't be read, and says why", async () => {
    const { description } = await prepareSignIn({ ...host, identityFiles: [folder] }, undefined);

    assert.match(description, /not tried: .* \(EISDIR/);
  });

  it("leaves out files that are not there, and an agent that is not", async () => {
    const missing = join(folder, "missing");

    const { methods, description } = await prepareSignIn(
      { ...host, identityFiles: [missing] },
      missing,
    );

    assert.deepEqual(
      methods.map(({ type }) => type),
      ["none"],
    );
    assert.equal(description, "a sign-in without any key (none was found)");
  });

  it("never says anything of what is in a key", async () => {
    const key = await createKey("private");

    const { description } = await prepareSignIn({ ...host, identityFiles: [key] }, undefined);

    const secret = (await readFile(key, "utf8")).split("\n").slice(1, -2);
    for (const line of secret) assert.equal(description.includes(line), false);
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

  it("says of a refused key with a passphrase that it was not tried", async () => {
    const locked = await createKey("locked-refused", { passphrase: "secret" });

    await assert.rejects(signIn({ identityFiles: [locked] }), (error: Error) => {
      assert.match(error.message, /not tried: .*locked-refused \(it needs a passphrase\)/);
      return true;
    });
  });
});
