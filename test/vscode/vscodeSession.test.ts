import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { startVsCode, type VsCodeSession } from "../support/vscodeSession";

// Says whether a failure of the other tests here is ours or that of the ground they stand on.
describe("a real VS Code without our extension", { timeout: 120_000 }, () => {
  let vscode: VsCodeSession;
  before(async () => {
    vscode = await startVsCode({
      settings: { "editor.fontSize": 17 },
      workspaceFiles: { "notes/a.txt": "hello" },
    });
  });
  after(() => vscode.close());

  it("runs code in its extension host", async () => {
    const value = await vscode.evaluate(
      `return vscode.workspace.getConfiguration("editor").get("fontSize")`,
    );

    assert.equal(value, 17);
  });

  it("tells what went wrong in that code", async () => {
    await assert.rejects(
      vscode.evaluate("return nothing.here"),
      /ReferenceError: nothing is not defined/,
    );
  });

  it("opens the files of the workspace", async () => {
    const text = await vscode.evaluate(`
      const [file] = await vscode.workspace.findFiles("notes/*");
      return (await vscode.workspace.openTextDocument(file)).getText();`);

    assert.equal(text, "hello");
  });

  it("answers in agent mode from the script", async () => {
    await vscode.enableAgentMode();

    const answer = await vscode.ask("Anybody there?", [{ text: "The script says hello" }]);

    assert.deepEqual(answer, { kind: "answered", toolResults: [] });
    await vscode.page
      .locator(".interactive-response")
      .last()
      .getByText("The script says hello")
      .waitFor();
  });

  it("changes its theme, and keeps a picture", async () => {
    await vscode.setTheme("Default High Contrast");

    assert.ok(existsSync(await vscode.screenshot("plain-vscode")));
  });

  it("comes back after a reload", async () => {
    await vscode.reload();

    assert.equal(await vscode.evaluate("return 1 + 1"), 2);
  });
});
