import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  assertGone,
  createCancelHarness,
  type CancelHarness,
  type RunningShape,
} from "../support/cancelHarness";
import { cancelHosts } from "../support/cancelHosts";
import { cancelShapes, hardShapes } from "../support/cancelShapes";
import { eventually } from "../support/eventually";
import { isRoot, logins } from "../support/sshHarness";

/** What is checked of a cancel there: that nothing is left, or that it claims nothing. */
async function assertGoneOrUnclaimed(
  { ssh }: CancelHarness,
  running: RunningShape,
  mayBeHidden: boolean,
): Promise<void> {
  const outcome = await ssh.cancel(running.id, { graceSeconds: 0 });
  if (!mayBeHidden || outcome.receipt?.verified !== false) {
    await assertGone(outcome, running);
    return;
  }
  assert.equal(outcome.task?.status, "cancelling");
  assert.match(
    String(outcome.receipt.unverifiedBecause),
    new RegExp(`descriptor of the task open|are the task's: .*${running.marker}`),
  );
}

for (const { name, options, lacks = [], hides } of isRoot ? cancelHosts() : []) {
  describe(
    `a cancel on a host with ${name} leaves nothing, or claims nothing, of`,
    { timeout: 180_000 },
    () => {
      const opened: CancelHarness[] = [];
      after(() => Promise.all(opened.map((host) => host.close())));

      for (const [n, { as, user }] of logins.entries()) {
        describe(`${as}'s`, () => {
          let host: CancelHarness;
          before(async () => {
            host = await createCancelHarness({ ...options, user: await user() });
            opened.push(host);
          });

          const shapes = n === 0 ? cancelShapes : hardShapes;
          for (const shape of shapes.filter(({ needs }) => !needs || !lacks.includes(needs))) {
            it(shape.name, () =>
              host.withShape(shape, (running) =>
                assertGoneOrUnclaimed(host, running, hides?.test(shape.name) ?? false),
              ),
            );
          }
        });
      }

      // Of all together, as that takes a while.
      it("anybody's: neither what was planned for later nor a folder on the host", async () => {
        assert.equal(opened.length, logins.length);
        for (const host of opened) {
          assert.deepEqual(await host.canaries(), []);
          // What could not be verified is once the test has ended it.
          await eventually("no folder is left", () => host.folders().length === 0);
        }
      });
    },
  );
}
