import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { run } from "./childProcesses";
import { startDropbear } from "./dropbear";
import { startSshd } from "./sshd";
import type { SshServerOptions } from "./sshServer";
import { ensureTestUser } from "./testUser";

const isRoot = process.getuid?.() === 0;

describe("a BusyBox userland", { skip: !isRoot && "needs root" }, () => {
  for (const [name, start] of [
    ["sshd", startSshd],
    ["dropbear", startDropbear],
  ] as const) {
    async function ask(command: string, options: SshServerOptions = {}): Promise<string> {
      const server = await start({ ...options, userland: "BusyBox" });
      try {
        return await run("ssh", ["-F", server.sshConfigFile, server.alias, command]);
      } finally {
        await server.close();
      }
    }

    it(`is all that a session of ${name} finds, its login shell included`, async () => {
      const printed = await ask(
        "readlink /proc/$$/exe; echo $SHELL; for p in sh grep awk setsid; do readlink $(command -v $p); done; command -v perl bash",
      ).catch((error: unknown) => (error as { stdout: string }).stdout);

      assert.deepEqual(printed.split("\n"), [
        "/usr/bin/busybox",
        "/bin/sh",
        ...["busybox", "busybox", "busybox", "busybox"],
        "",
      ]);
    });

    it(`is there for an ordinary user of ${name}, in a home directory of their own`, async () => {
      const { name: user } = await ensureTestUser();

      const printed = await ask("id -un; touch here && ls", { user });

      assert.equal(printed, `${user}\nhere\n`);
    });
  }

  it("is nobody else's", async () => {
    const server = await startSshd({ userland: "BusyBox" });
    try {
      assert.equal(await run("bash", ["-c", "echo mine"]), "mine\n");
    } finally {
      await server.close();
    }
  });
});
