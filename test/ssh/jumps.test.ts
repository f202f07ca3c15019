import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { SshHostCatalog } from "../../src/ssh/hostCatalog";
import { SshHosts } from "../../src/ssh/sshHosts";
import { systemClock } from "../../src/tasks/clock";
import { defaultLimits } from "../../src/tasks/limits";
import { isEnded } from "../../src/tasks/task";
import type { RunRules } from "../../src/tasks/runRules";
import { TaskManager } from "../../src/tasks/taskManager";
import { createLogger } from "../support/createTasks";
import { eventually } from "../support/eventually";
import { startSshd, type Sshd } from "../support/sshd";

for (const transport of ["ssh2", "ssh"] as const)
  describe(`a host behind jump hosts, over ${transport}`, { timeout: 60_000 }, () => {
    let folder: string;
    let sshConfigFile: string;
    let knownHostsFile: string;
    const servers = new Map<string, Sshd>();
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), "jumps-"));
      sshConfigFile = join(folder, "config");
      knownHostsFile = join(folder, "known_hosts");
      const entries: string[] = [];
      const known: string[] = [];
      for (const name of ["first", "second", "inner", "closed"]) {
        const config = name === "closed" ? ["DisableForwarding yes"] : [];
        const sshd = await startSshd({ environment: { HOME: "/nonexistent" }, config });
        servers.set(name, sshd);
        known.push(await readFile(sshd.knownHostsFile, "utf8"));
        entries.push(
          `Host ${name}\n HostName 127.0.0.1\n Port ${sshd.port}\n IdentityFile "${sshd.identityFile}"\n IdentitiesOnly yes`,
        );
      }
      const inner = servers.get("inner");
      const ways = [
        ["one", "first"],
        ["two", "first,second"],
        ["nested", "through"],
        ["refused", "closed"],
        ["circle", "circle"],
      ] as const;
      for (const [alias, jump] of ways)
        entries.push(
          `Host ${alias}\n HostName 127.0.0.1\n Port ${inner?.port}\n IdentityFile "${inner?.identityFile}"\n ProxyJump ${jump}`,
        );
      const second = servers.get("second");
      entries.push(
        `Host through\n HostName 127.0.0.1\n Port ${second?.port}\n IdentityFile "${second?.identityFile}"\n ProxyJump first`,
        `Host named\n HostName localhost\n Port ${inner?.port}\n IdentityFile "${inner?.identityFile}"\n ProxyJump first`,
        "Host command\n ProxyCommand nc %h %p",
      );
      await writeFile(sshConfigFile, `${entries.join("\n")}\n`);
      await writeFile(knownHostsFile, known.join(""));
    });
    after(async () => {
      for (const server of servers.values()) await server.close();
      await rm(folder, { recursive: true, force: true });
    });

    async function run(alias: string, rules = { whyAddressDenied: noRules }) {
      const logger = createLogger([]);
      const catalog = new SshHostCatalog(() => ({ sshConfigFile, knownHostsFile }), logger);
      const limits = defaultLimits;
      const way = { agentSocket: undefined, rules, transport: () => transport };
      const hosts = new SshHosts({ catalog, logger, limits, ...way });
      const tasks = new TaskManager({ catalog, hosts, clock: systemClock, logger, limits });
      try {
        const { id } = await tasks.startTask({ alias, command: "echo here", startedBy: "tree" });
        const task = await eventually(`${alias} has ended`, () => {
          const found = tasks.getTask(id);
          return found && isEnded(found) ? found : undefined;
        });
        const output = tasks.summarizeOutput(id, 1000)?.stdout;
        const error = "error" in task ? task.error?.message : undefined;
        return { task, output, error, why: await hosts.whyNoAddress(alias) };
      } finally {
        await tasks.shutdown();
        hosts.dispose();
      }
    }

    const noRules: RunRules["whyAddressDenied"] = () => Promise.resolve(undefined);
    const connections = (name: string): number => servers.get(name)?.commands().length ?? 0;

    for (const alias of ["one", "two", "nested"]) {
      it(`is reached by ProxyJump as ${alias}, each hop with its own key and its own host key`, async () => {
        const { output, task } = await run(alias);

        assert.equal(output, "here\n");
        assert.equal("hostAddress" in task && task.hostAddress, "", "the jump host alone knows it");
        await eventually("no hop is left", () => connections("first") === 0);
      });
    }

    it("is not reached when its jump host does not forward, which is said", async () => {
      const { error } = await run("refused");

      assert.match(
        String(error),
        /^SSH connection refused: .* The jump host on the way to refused could not/,
      );
    });

    it("is not reached when the key of a hop is not known", async () => {
      const lines = (await readFile(knownHostsFile, "utf8")).split("\n");
      const second = servers.get("second");
      await writeFile(
        knownHostsFile,
        lines.filter((line) => !line.includes(`:${second?.port}`)).join("\n"),
      );

      const { error } = await run("two");

      assert.match(String(error), /^SSH host key not found/);
      await writeFile(knownHostsFile, lines.join("\n"));
    });

    it("is an error when jump hosts lead in a circle, or a ProxyCommand would lead there", async () => {
      await assert.rejects(run("circle"), { code: "configUnreadable", message: /in a circle/ });

      assert.match(String((await run("command")).error), /^SSH error: ProxyCommand\./);
    });

    it("is bound by network rules: the first hop by its address, later ones where their name is one", async () => {
      const asked: string[] = [];
      const rules = {
        whyAddressDenied: (address: string) => {
          asked.push(address);
          return Promise.resolve(address === "127.0.0.1" ? undefined : "not in allow_ips");
        },
      };

      const literal = await run("two", rules);
      const named = await run("named", rules);

      assert.deepEqual([literal.output, literal.why], ["here\n", undefined]);
      assert.match(String(named.error), /only the jump host knows its address/);
      assert.match(String(named.why), /only the jump host knows its address/);
      assert.deepEqual([...new Set(asked)], ["127.0.0.1", ""]);
    });
  });
