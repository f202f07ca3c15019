import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { TaskError } from "../../../src/tasks/taskError";
import { createMcp } from "../createMcp";

describe("ssh_list_hosts", () => {
  it("gives the aliases in the order of the configuration", async (t) => {
    const { ask } = await createMcp(t, { aliases: ["web.example.com", "build01", "a"] });

    assert.deepEqual(await ask("ssh_list_hosts"), { hosts: ["web.example.com", "build01", "a"] });
  });

  it("gives none when there are none", async (t) => {
    const { ask } = await createMcp(t, { aliases: [] });

    assert.deepEqual(await ask("ssh_list_hosts"), { hosts: [] });
  });

  it("says why the configuration can't be read", async (t) => {
    const { fail, catalog } = await createMcp(t);
    catalog.failure = new TaskError("configUnreadable", "config can't be read. Check its rights.");

    assert.equal(await fail("ssh_list_hosts"), "Error: config can't be read. Check its rights.");
  });
});
