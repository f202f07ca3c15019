import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { findProcesses, killAll, uniqueMarker } from "./support/processes";
import { processTreeCommand, processTreeSize } from "./support/processes";
import { eventually } from "./support/eventually";
import { cancelDoors, startAsync } from "./support/cancelDoors";
import { createProduct } from "./support/product";
import { startSshd, type Sshd } from "./support/sshd";

describe(
  "a process tree on a real host is gone, with the same receipt, after a cancel by",
  { timeout: 30_000 },
  () => {
    let sshd: Sshd;
    before(async () => {
      sshd = await startSshd({ aliases: ["build01"] });
    });
    after(() => sshd.close());

    for (const door of cancelDoors()) {
      it(door.name, { timeout: 30_000 }, async (t) => {
        const product = await createProduct(sshd);
        const marker = uniqueMarker();
        t.after(async () => {
          await product.close();
          await killAll(marker);
        });
        const client = await product.connect("doors");
        const command = processTreeCommand(marker);

        const start = door.start ?? startAsync;
        void start(product, client, command);
        await eventually("the tree runs", () => findProcesses(marker).length === processTreeSize);
        const [task] = product.tasks.listTasks();
        assert.ok(task);
        await door.cancel(product, client, task);
        const ended = await product.tasks.waitForTask(task.id, { timeoutMs: 15_000 });

        assert.deepEqual(findProcesses(marker), []);
        assert.ok(ended && "receipt" in ended && ended.receipt);
        const { receipt, ...rest } = ended;
        assert.equal(rest.status, door.ends?.status ?? "cancelled");
        assert.deepEqual({ ...rest, ...door.ends }, rest);
        assert.deepEqual(product.errors, []);
        assert.equal(receipt.requestedBy, door.requestedBy);
        assert.equal(receipt.verified, true);
        assert.equal(receipt.processesFound, processTreeSize + 1);
        assert.deepEqual(
          receipt.signals.map(({ signal, count }) => `${signal} ${count}`),
          [`TERM ${processTreeSize + 1}`, `CONT ${processTreeSize + 1}`],
        );
        assert.deepEqual(receipt.left, []);
      });
    }
  },
);
