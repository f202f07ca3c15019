import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { assertGone, createCancelHarness, type CancelHarness } from "../support/cancelHarness";
import { cancelHosts } from "../support/cancelHosts";
import { cancelShapes } from "../support/cancelShapes";
import { eventually } from "../support/eventually";
import { isRoot } from "../support/sshHarness";

for (const { name, options, lacks = [], hides } of isRoot ? cancelHosts() : []) {
  describe(
    `a cancel on a host with ${name} leaves nothing, or claims nothing, of`,
    { timeout: 120_000 },
    () => {
      let host: CancelHarness;
      before(async () => {
        host = await createCancelHarness(options);
      });
      after(() => host.close());

      for (const shape of cancelShapes.filter(({ needs }) => !needs || !lacks.includes(needs))) {
        it(shape.name, async () => {
          await host.withShape(shape, async (running) => {
            const outcome = await host.ssh.cancel(running.id, { graceSeconds: 0 });

            if (hides?.test(shape.name) && outcome.receipt?.verified === false) {
              assert.equal(outcome.task?.status, "cancelling");
              assert.match(
                String(outcome.receipt.unverifiedBecause),
                new RegExp(`descriptor of the task open|are the task's: .*${running.marker}`),
              );
            } else await assertGone(outcome, running);
          });
        });
      }

      it("any: neither what was planned for later nor a folder on the host", async () => {
        assert.deepEqual(await host.canaries(), []);
        // What could not be verified is once the test has ended it.
        await eventually("no folder is left", () => host.folders().length === 0);
      });
    },
  );
}
