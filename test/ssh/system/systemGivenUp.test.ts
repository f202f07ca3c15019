import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { Secrets } from "../../../src/ssh/secrets";
import type { SshHostConfig } from "../../../src/ssh/hostConfig";
import type { OpenParts } from "../../../src/ssh/transports";
import type { SignInPrompt } from "../../../src/tasks/signInPrompt";
import { requireProgram, run } from "../../support/childProcesses";
import { eventually } from "../../support/eventually";
import { findProcesses, uniqueMarker } from "../../support/processes";
import { SystemSsh } from "../../support/systemSsh";

/** Somebody who never answers; `questions` are the signals of what they are asked. */
function createSilentPerson() {
  const questions: AbortSignal[] = [];
  const ask = (_question: unknown, signal: AbortSignal): Promise<never> => {
    questions.push(signal);
    return new Promise(() => undefined);
  };
  const prompt: SignInPrompt = { isPerson: true, askSecret: ask, trustHostKey: ask };
  return { questions, secrets: new Secrets(prompt) };
}

describe("an attempt to connect by the system's ssh", { timeout: 60_000 }, () => {
  const ssh = new SystemSsh();
  after(() => ssh.close());

  /** Begins to connect, gives it up once `ready` says so, and sees that no process of ours is left. */
  async function giveUp(host: SshHostConfig, secrets: Secrets, ready: () => boolean) {
    const given = new AbortController();
    const parts: OpenParts = { ...ssh.parts(secrets), signal: given.signal };
    const config = host.configFile ?? "";
    const opening = ssh.connect(host, parts);
    await eventually("it is under way", ready);
    assert.notEqual((await processesWith(config)).length, 0);

    given.abort();

    await assert.rejects(opening, { name: "AbortError" });
    await eventually("no ssh is left", async () => (await processesWith(config)).length === 0);
  }

  it("is given up with its question", async () => {
    const { sshd, host } = await ssh.serve({}, ({ dir }) => [`IdentityFile ${dir}/locked`]);
    const file = join(sshd.dir, "locked");
    await run(requireProgram("ssh-keygen"), ["-q", "-t", "ed25519", "-N", "canary", "-f", file]);
    await writeFile(sshd.authorizedKeysFile, await readFile(`${file}.pub`));
    const { questions, secrets } = createSilentPerson();

    await giveUp(host, secrets, () => questions.length === 1);

    assert.equal(questions[0]?.aborted, true);
  });

  it("is given up with the question for the key of a jump host", async () => {
    const { sshd } = await ssh.serve();
    const jump = (await ssh.serve({ aliases: ["outer"] })).sshd;
    await writeFile(jump.knownHostsFile, "");
    const config = await readFile(jump.sshConfigFile, "utf8");
    await writeFile(jump.sshConfigFile, config.replace("Checking yes", "Checking ask"));
    const host = await ssh.configure(sshd, ["ProxyJump outer"], [jump]);
    const { questions, secrets } = createSilentPerson();

    await giveUp(host, secrets, () => questions.length === 1);

    assert.equal(questions[0]?.aborted, true);
  });

  it("is given up with the ProxyCommand that it waits for", async () => {
    const marker = uniqueMarker();
    const { host } = await ssh.serve({}, () => [`ProxyCommand sh -c 'sleep ${marker}; true'`]);
    const { secrets } = createSilentPerson();

    await giveUp(host, secrets, () => findProcesses(marker).length > 0);

    await eventually("nothing of it is left", () => findProcesses(marker).length === 0);
  });

  it("is given up while it is not known whether it is allowed", async () => {
    const { host } = await ssh.serve();
    const given = new AbortController();
    const allowed = (): Promise<never> => new Promise(() => undefined);
    const opening = ssh.connect(host, { ...ssh.parts(), allowed, signal: given.signal });

    given.abort(new Error("enough"));

    await assert.rejects(opening, { message: "enough" });
  });
});

async function processesWith(words: string): Promise<readonly string[]> {
  const lines = (await run("ps", ["ax", "-o", "args="])).split("\n");
  return lines.filter((line) => line.startsWith("ssh ") && line.includes(words));
}
