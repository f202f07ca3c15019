import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { showAuditLog } from "../../src/ui/showAuditLog";
import { createUi } from "./createUi";

describe("the audit log", () => {
  it("is opened where there is one, and is a sentence where there is none", async (t) => {
    const { editor, notify } = createUi();
    const folder = await mkdtemp(join(tmpdir(), "ssh-tasks-audit-"));
    t.after(() => rm(folder, { recursive: true, force: true }));
    const path = join(folder, "audit.jsonl");

    await showAuditLog(path, notify);

    assert.deepEqual(editor.opened, []);
    assert.deepEqual(
      editor.messages.map(({ text }) => text),
      ["Nothing was written down yet: no command was started and none was asked for."],
    );
    await writeFile(path, "{}\n");
    await showAuditLog(path, notify);
    assert.deepEqual(editor.opened, [`file://${path}`]);
    assert.equal(editor.messages.length, 1);
  });
});
