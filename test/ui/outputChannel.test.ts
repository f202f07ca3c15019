import assert from "node:assert/strict";
import { it } from "node:test";
import { openLog } from "../../src/ui/outputChannel";
import { resetEditor } from "../support/vscode";

it("the log is the log output channel SSH Tasks", () => {
  const { logged } = resetEditor();

  openLog().info("hello");

  assert.deepEqual(logged, ['SSH Tasks, {"log":true}: hello']);
});

it("drops what comes after its end", () => {
  const editor = resetEditor();
  const log = openLog();

  log.dispose();
  log.error("late");

  assert.deepEqual(editor.logged, []);
});
