import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { cancelDoors, startAsync } from "../support/cancelDoors";
import { findMentions } from "../support/cancelHarness";
import { canarySeconds, hardShapes, unmentionedMs } from "../support/cancelShapes";
import { eventually } from "../support/eventually";
import { findProcesses, kill, uniqueMarker } from "../support/processes";
import { defaultLimits } from "../../src/tasks/limits";
import { createProduct } from "../support/product";
import { startSshd, type Sshd } from "../support/sshd";

for (const shape of hardShapes) {
  describe(`nothing of ${shape.name} is left by`, { timeout: 120_000 }, () => {
    let sshd: Sshd;
    let dir: string;
    let latest = 0;
    const inDir = (...names: string[]): string => join(dir, ...names);
    const folders = (): string[] => readdirSync(inDir("state/ssh-tasks"));
    before(async () => {
      dir = mkdtempSync(join(tmpdir(), "doors-"));
      for (const name of ["state/ssh-tasks", "canaries", "heartbeats"])
        mkdirSync(inDir(name), { recursive: true });
      const environment = { XDG_STATE_HOME: inDir("state") };
      sshd = await startSshd({ aliases: ["build01"], environment });
    });
    after(async () => {
      await sshd.close();
      rmSync(dir, { recursive: true, force: true });
    });

    for (const door of cancelDoors()) {
      it(door.name, async (t) => {
        const product = await createProduct(sshd, { ...defaultLimits, graceSeconds: 0 });
        const marker = uniqueMarker();
        const heartbeat = inDir("heartbeats", marker);
        t.after(async () => {
          writeFileSync(`${heartbeat}.stop`, "");
          await product.close();
          for (const { pid } of findMentions(marker)) kill(pid, "SIGKILL");
        });
        const client = await product.connect("doors");
        const command = shape.command
          .replaceAll("MARKER", marker)
          .replaceAll("CANARY", inDir("canaries", marker))
          .replaceAll("HEARTBEAT", heartbeat);
        void (door.start ?? startAsync)(product, client, command);
        await eventually("it runs", () => findProcesses(marker).length >= shape.sleeps);
        latest = Date.now();
        const [task] = product.tasks.listTasks();
        assert.ok(task);
        assert.deepEqual(folders(), [task.id]);

        await door.cancel(product, client, task);

        const ended = await product.tasks.waitForTask(task.id, { timeoutMs: 15_000 });
        assert.deepEqual(findProcesses(marker), []);
        assert.ok(ended && "receipt" in ended && ended.receipt);
        assert.equal(ended.receipt.verified, true);
        assert.equal(ended.receipt.requestedBy, door.requestedBy);
        await eventually(
          "nothing mentions it",
          () => findMentions(marker).length === 0,
          unmentionedMs,
        );
        // The host keeps the output of a durable task until it is cleared.
        product.tasks.clearFinished();
        await eventually("no folder is left", () => folders().length === 0);
      });
    }

    it("any: what was planned for later never came", async () => {
      const due = latest + canarySeconds * 1000 + 500;
      await eventually("it is due", () => Date.now() >= due, canarySeconds * 2000);
      assert.deepEqual(readdirSync(inDir("canaries")), []);
    });
  });
}
