import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { usualAgent } from "../../src/ssh/agentSocket";

const pipe = "\\\\.\\pipe\\openssh-ssh-agent";

describe("where the agent listens", () => {
  it("is as SSH_AUTH_SOCK says, on every system", () => {
    for (const platform of ["linux", "darwin", "win32"] as const)
      assert.equal(usualAgent({ SSH_AUTH_SOCK: "/run/agent" }, platform), "/run/agent");
  });

  it("is nowhere without that, but on Windows the pipe of its OpenSSH, or Pageant", () => {
    assert.equal(usualAgent({}, "linux"), undefined);
    assert.equal(usualAgent({ SSH_AUTH_SOCK: "" }, "darwin"), undefined);
    assert.equal(
      usualAgent({}, "win32", (path) => path === pipe),
      pipe,
    );
    assert.equal(
      usualAgent({}, "win32", () => false),
      "pageant",
    );
  });
});
