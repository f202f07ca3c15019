import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { loginCommand } from "../../src/ssh/system/sshArguments";

const host = {
  ...{ alias: "web", hostName: "10.0.0.1", port: 22, user: "me" },
  ...{ identityFiles: [], identitiesOnly: false },
  ...{ userKnownHostsFiles: [], globalKnownHostsFiles: [] },
};

describe("the command to log in to a host with", () => {
  it("is the alias where the usual config has it", () => {
    assert.equal(loginCommand(host), "ssh web");
  });

  it("names another config, and what the settings say, as words for a shell", () => {
    const other = {
      ...host,
      configFile: "/it's/$HOME",
      sshOptions: ["HostName=10.0.0.1", "IdentityFile=/a key"],
    };

    assert.equal(
      loginCommand(other),
      "ssh -F '/it'\\''s/$HOME' -o HostName=10.0.0.1 -o 'IdentityFile=/a key' web",
    );
  });
});
