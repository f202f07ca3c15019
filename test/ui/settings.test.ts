import assert from "node:assert/strict";
import { homedir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { readSettings } from "../../src/ui/settings";
import { resetEditor } from "../support/vscode";

describe("the settings", () => {
  it("are undefined where the default applies", () => {
    const { settings } = resetEditor();
    settings.set("sshTasks.sshConfigFile", "  ");

    assert.deepEqual(readSettings(), {
      sshConfigFile: undefined,
      knownHostsFile: undefined,
      tags: {},
      hosts: undefined,
    });
  });

  it("know the home directory", () => {
    const { settings } = resetEditor();
    settings.set("sshTasks.sshConfigFile", "~/.ssh/work");
    settings.set("sshTasks.knownHostsFile", "/etc/~/known");

    assert.deepEqual(readSettings(), {
      sshConfigFile: join(homedir(), ".ssh/work"),
      knownHostsFile: "/etc/~/known",
      tags: {},
      hosts: undefined,
    });
  });

  it("have the hosts as they are set", () => {
    const { settings } = resetEditor();
    const hosts = [{ alias: "web", host: "web.example" }, 7];
    settings.set("sshTasks.hosts", hosts);

    assert.deepEqual(readSettings().hosts, hosts);
  });

  it("have the aliases of tags, and nothing of what is none", () => {
    const { settings } = resetEditor();
    settings.set("sshTasks.tags", { web: ["web1", 7, "web2"], odd: "web1" });

    assert.deepEqual(readSettings().tags, { web: ["web1", "web2"], odd: [] });
  });
});
