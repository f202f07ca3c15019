import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, it } from "node:test";
import { SshHostCatalog } from "../../src/ssh/hostCatalog";
import { Secrets } from "../../src/ssh/secrets";
import { SshHosts } from "../../src/ssh/sshHosts";
import { systemClock } from "../../src/tasks/clock";
import { defaultLimits } from "../../src/tasks/limits";
import type { Task } from "../../src/tasks/task";
import { TaskManager } from "../../src/tasks/taskManager";
import { requireProgram, run } from "../support/childProcesses";
import { createLogger } from "../support/createTasks";
import { eventually } from "../support/eventually";
import { createPerson } from "../support/person";
import { startSshd } from "../support/sshd";

const passphrase = "canary";

for (const transport of ["ssh2", "ssh"] as const) {
  describe(`a sign-in that nobody has asked for, over ${transport}`, { timeout: 60_000 }, () => {
    const closing: (() => Promise<void>)[] = [];
    afterEach(async () => {
      for (const close of closing.splice(0).reverse()) await close();
    });

    /** A task on a host that takes a key with a passphrase, which is asked for anew at each connection. */
    async function startTask() {
      const environment = { HOME: "/nonexistent" }; // no rc files, which may be slow
      const sshd = await startSshd({
        aliases: ["build01"],
        environment,
        endProcessesOnClose: true,
      });
      closing.push(() => sshd.close());
      const key = join(sshd.dir, "locked");
      await run(requireProgram("ssh-keygen"), ["-q", "-t", "ed25519", "-N", passphrase, "-f", key]);
      await writeFile(join(sshd.dir, "authorized_keys"), await readFile(`${key}.pub`));
      const config = await readFile(sshd.sshConfigFile, "utf8");
      const sshConfigFile = join(sshd.dir, "locked_config");
      await writeFile(sshConfigFile, config.replace(sshd.identityFile, key), { mode: 0o600 });
      const answers: ((wanted: boolean) => void)[] = [];
      const announce = () => new Promise<boolean>((resolve) => answers.push(resolve));
      const person = createPerson(() => passphrase, undefined, announce);
      const logger = createLogger([]);
      const catalog = new SshHostCatalog(() => ({ sshConfigFile }), logger);
      const limits = defaultLimits;
      const way = { agentSocket: undefined, prompt: person.prompt, transport: () => transport };
      const hosts = new SshHosts({ catalog, logger, limits, ...way });
      const tasks = new TaskManager({ catalog, hosts, clock: systemClock, logger, limits });
      closing.push(async () => {
        await Promise.resolve();
        hosts.dispose();
      });
      const start = () =>
        tasks.startTask({ alias: "build01", command: "exec sleep 60", startedBy: "tree" });
      const { id } = await start();
      await eventually("it runs", () => tasks.getTask(id)?.status === "running");
      assert.equal(person.asked.length, 1);
      hosts.forgetSecrets();
      sshd.killConnections();
      // Without its connection it is to end, and nobody has asked for that at this moment.
      await eventually("it is announced", () => answers.length === 1);
      return { person, tasks, id, answers, start };
    }

    it("is announced once by a cancel, and goes on at the person's word", async () => {
      const { person, tasks, id, answers } = await startTask();

      await eventually(
        "the task says what it waits for",
        () => /needs a new sign-in/.test(JSON.stringify(tasks.getTask(id))),
        10_000,
      );
      assert.equal(person.asked.length, 1, "nothing is asked yet");
      answers[0]?.(true);

      await eventually("it has ended", () => isVerified(tasks.getTask(id)), 20_000);
      assert.equal(person.asked.length, 2);
      assert.equal(answers.length, 1);
    });

    it("is not announced again when the person says no, until they want something of the host", async () => {
      const { person, tasks, answers, start } = await startTask();
      answers[0]?.(false);
      await new Promise((resolve) => setTimeout(resolve, 4000)); // it is tried again twice
      assert.deepEqual([answers.length, person.asked.length], [1, 1]);

      const { id } = await start();
      await eventually("the other runs", () => tasks.getTask(id)?.status === "running");
      assert.deepEqual([answers.length, person.asked.length], [1, 2]);
    });

    it("goes on when the person starts something on the host", async () => {
      const { person, tasks, id, start } = await startTask();
      await start();

      await eventually("it has ended", () => isVerified(tasks.getTask(id)), 20_000);
      assert.equal(person.asked.length, 2);
    });
  });
}

describe("a sign-in of several questions that nobody has asked for", () => {
  const question = (prompt: string) => {
    const words = { alias: "build01", prompt, instruction: "", echo: false };
    return { ...words, purpose: "code" as const, name: undefined };
  };

  it("is announced once, and another one anew", async () => {
    let announced = 0;
    const announce = () => Promise.resolve(++announced > 0);
    const person = createPerson(({ prompt }) => prompt, undefined, announce);
    const secrets = new Secrets(person.prompt);
    const { signal } = new AbortController();

    for (const prompt of ["first", "second"])
      assert.equal(await secrets.get(question(prompt), signal, "follow"), prompt);
    assert.equal(announced, 1);

    await secrets.get(question("third"), new AbortController().signal, "follow");
    assert.equal(announced, 2);
  });
});

function isVerified(task: Task | undefined): boolean {
  return task !== undefined && "receipt" in task && task.receipt?.verified === true;
}
