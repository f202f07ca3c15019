import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ExtensionContext } from "vscode";
import { activate, deactivate } from "../src/extension";
import { eventually } from "./support/eventually";
import {
  findProcesses,
  killAll,
  processTreeCommand,
  processTreeSize,
  uniqueMarker,
} from "./support/processes";
import { startSshd } from "./support/sshd";
import { resetEditor, Uri } from "./support/vscode";

describe("the extension", { timeout: 30_000 }, () => {
  it("ends what runs when the window closes, as VS Code closes it: without waiting before it disposes", async (t) => {
    const editor = resetEditor();
    const sshd = await startSshd({ aliases: ["build01"] });
    const marker = uniqueMarker();
    t.after(async () => {
      await killAll(marker);
      await sshd.close();
    });
    editor.settings.set("sshTasks.sshConfigFile", sshd.sshConfigFile);
    const context = { subscriptions: [], extensionUri: Uri.parse("file:///extension") };
    const { subscriptions } = context as unknown as ExtensionContext;
    activate(context as unknown as ExtensionContext);
    editor.pick = ([first]) => first;
    for (const part of ["1", "2", "3"]) {
      editor.input = () => processTreeCommand(`${marker}${part}`);
      await editor.registered.get("sshTasks.runTask")?.();
    }
    const running = (): number =>
      ["1", "2", "3"].reduce((sum, part) => sum + findProcesses(`${marker}${part}`).length, 0);
    await eventually("three trees run", () => running() === 3 * processTreeSize);

    const deactivated = deactivate();
    for (const part of subscriptions) void part.dispose();
    await deactivated;

    assert.equal(running(), 0);
  });
});
