import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { assertGone, createCancelHarness, type CancelHarness } from "../support/cancelHarness";
import { cancelShapes } from "../support/cancelShapes";
import { isRoot, logins, type ServerName } from "../support/sshHarness";

const servers: readonly ServerName[] = isRoot ? ["OpenSSH", "dropbear"] : ["OpenSSH"];

for (const server of servers) {
  for (const { as, user } of logins) {
    describe(`a cancel on ${server} as ${as} leaves nothing of`, { timeout: 120_000 }, () => {
      let host: CancelHarness;
      before(async () => {
        host = await createCancelHarness({ server, user: await user() });
      });
      after(() => host.close());

      for (const shape of cancelShapes) {
        it(shape.name, async () => {
          await host.withShape(shape, async (running) => {
            const outcome = await host.ssh.cancel(running.id, { graceSeconds: 0 });

            await assertGone(outcome, running);
          });
        });
      }

      it("any: neither what was planned for later nor a folder on the host", async () => {
        assert.deepEqual(await host.canaries(), []);
        assert.deepEqual(host.folders(), []);
      });
    });
  }
}
