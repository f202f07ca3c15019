import assert from "node:assert/strict";
import { homedir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { EditorSettings } from "../../src/ui/settings";
import { changeSetting, resetEditor } from "../support/vscode";

describe("the settings", () => {
  it("are undefined where the default applies", () => {
    const { settings } = resetEditor();
    settings.set("sshTasks.sshConfigFile", "  ");

    assert.deepEqual(new EditorSettings().current, {
      sshConfigFile: undefined,
      knownHostsFile: undefined,
    });
  });

  it("know the home directory", () => {
    const { settings } = resetEditor();
    settings.set("sshTasks.sshConfigFile", "~/.ssh/work");
    settings.set("sshTasks.knownHostsFile", "/etc/~/known");

    assert.deepEqual(new EditorSettings().current, {
      sshConfigFile: join(homedir(), ".ssh/work"),
      knownHostsFile: "/etc/~/known",
    });
  });

  it("tell of a change of ours, with the new values, until disposed", () => {
    resetEditor();
    const settings = new EditorSettings();
    const seen: (string | undefined)[] = [];
    settings.onDidChange(({ sshConfigFile }) => seen.push(sshConfigFile));

    changeSetting("sshTasks.sshConfigFile", "/a");
    changeSetting("editor.fontSize", 12);
    changeSetting("sshTasks.sshConfigFile", "/b");
    settings.dispose();
    changeSetting("sshTasks.sshConfigFile", "/c");

    assert.deepEqual(seen, ["/a", "/b"]);
  });
});
