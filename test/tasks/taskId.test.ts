import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { hashCommand, TaskIds } from "../../src/tasks/taskId";
import { checkTaskId } from "../../src/tasks/taskRequest";

/** Values that clients know. */
const knownHashes = {
  "": "e3b0c44298fc1c14",
  uptime: "dd291cd6294bafef",
  whoami: "f25297859cf0a70a",
  "df -h": "798339512a506f29",
  "ls -la": "1de700c29687cae3",
  hostname: "7063dece7cccf374",
  "sleep 600": "d672adee5d4c7b2f",
};

describe("the hash of a command", () => {
  for (const [command, hash] of Object.entries(knownHashes)) {
    it(`is ${hash} for ${JSON.stringify(command)}, as clients expect`, () => {
      assert.equal(hashCommand(command), hash);
    });
  }

  it("is that of its UTF-8 bytes", () => {
    assert.equal(hashCommand("echo é"), "8195aceae33fa784");
  });
});

describe("a task id", () => {
  it("is the alias, the hash and the microseconds since the epoch", () => {
    const ids = new TaskIds(() => 1_767_225_600_123.4567);

    assert.equal(ids.next("build01", "abc"), "build01:abc:1767225600123456");
  });

  it("is never given twice, also while the clock stands still or goes back", () => {
    let now = 1_767_225_600_000;
    const ids = new TaskIds(() => now);
    const given = Array.from({ length: 5000 }, (_, index) => {
      if (index === 2500) now -= 60_000;
      return ids.next("build01", "abc");
    });

    assert.equal(new Set(given).size, given.length);
    assert.deepEqual([...given].sort(), given);
  });

  it("shows what an id can't hold of an alias as an underscore", () => {
    const ids = new TaskIds(() => 1000);

    assert.equal(ids.next("web.example.com", "abc"), "web_example_com:abc:1000000");
  });

  it("has three parts and passes the check of the tools, whatever the alias", () => {
    const ids = new TaskIds(() => 1_767_225_600_000);

    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1, maxLength: 100 }), (alias) => {
        const id = ids.next(alias, "e3b0c44298fc1c14");

        assert.match(id, /^[A-Za-z0-9_-]+:[0-9a-f]{16}:\d{16}$/);
        assert.equal(checkTaskId(id), id);
      }),
    );
  });
});
