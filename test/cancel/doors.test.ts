import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { cancelDoors, startAsync } from "../support/cancelDoors";
import { findMentions } from "../support/cancelHarness";
import { hardShapes } from "../support/cancelShapes";
import { eventually } from "../support/eventually";
import { findProcesses, kill, uniqueMarker } from "../support/processes";
import { defaultLimits } from "../../src/tasks/limits";
import { createProduct } from "../support/product";
import { startSshd, type Sshd } from "../support/sshd";

for (const shape of hardShapes) {
  describe(`nothing of ${shape.name} is left by`, { timeout: 120_000 }, () => {
    let sshd: Sshd;
    let dir: string;
    before(async () => {
      sshd = await startSshd({ aliases: ["build01"] });
      dir = mkdtempSync(join(tmpdir(), "doors-"));
    });
    after(async () => {
      await sshd.close();
      rmSync(dir, { recursive: true, force: true });
    });

    for (const door of cancelDoors()) {
      it(door.name, async (t) => {
        const product = await createProduct(sshd, { ...defaultLimits, graceSeconds: 0 });
        const marker = uniqueMarker();
        const [canary, heartbeat] = [join(dir, marker), join(dir, `${marker}.beats`)];
        t.after(async () => {
          writeFileSync(`${heartbeat}.stop`, "");
          await product.close();
          for (const { pid } of findMentions(marker)) kill(pid, "SIGKILL");
        });
        const client = await product.connect("doors");
        const command = shape.command
          .replaceAll("MARKER", marker)
          .replaceAll("CANARY", canary)
          .replaceAll("HEARTBEAT", heartbeat);
        void (door.start ?? startAsync)(product, client, command);
        await eventually("it runs", () => findProcesses(marker).length >= shape.sleeps);
        const [task] = product.tasks.listTasks();
        assert.ok(task);

        await door.cancel(product, client, task);

        const ended = await product.tasks.waitForTask(task.id, { timeoutMs: 15_000 });
        assert.deepEqual(findProcesses(marker), []);
        assert.ok(ended && "receipt" in ended && ended.receipt);
        assert.equal(ended.receipt.verified, true);
        assert.equal(ended.receipt.requestedBy, door.requestedBy);
        assert.ok(!existsSync(canary));
        await eventually("nothing mentions it", () => findMentions(marker).length === 0);
      });
    }
  });
}
