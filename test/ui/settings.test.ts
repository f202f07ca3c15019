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
    });
  });

  it("know the home directory", () => {
    const { settings } = resetEditor();
    settings.set("sshTasks.sshConfigFile", "~/.ssh/work");
    settings.set("sshTasks.knownHostsFile", "/etc/~/known");

    assert.deepEqual(readSettings(), {
      sshConfigFile: join(homedir(), ".ssh/work"),
      knownHostsFile: "/etc/~/known",
    });
  });
});
