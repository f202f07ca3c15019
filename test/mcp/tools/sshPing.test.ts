import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createMcp } from "../createMcp";

describe("ssh_ping", () => {
  it("answers pong and contacts no host", async (t) => {
    const { ask, hosts } = await createMcp(t);

    assert.deepEqual(await ask("ssh_ping"), { status: "pong" });
    assert.equal(hosts.launched.length, 0);
  });
});
