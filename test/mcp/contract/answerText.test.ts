import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Fields } from "../createMcp";
import { createContract, createQuickContract } from "./createContract";

describe("the text of an answer", () => {
  it("is JSON with two spaces, and characters beyond ASCII as they are", async (t) => {
    const { call } = await createQuickContract(t);

    const { content, structuredContent } = await call("ssh_run_async", {
      alias: "build01",
      command: "é 😀\t",
    });

    const { task_id, ...rest } = structuredContent?.result as Fields;
    assert.equal(rest.command, "é 😀");
    const head = `{\n  "task_id": "${String(task_id)}",\n  "status": "pending",\n`;
    assert.ok(content[0]?.type === "text");
    assert.ok(content[0].text.startsWith(head), content[0].text);
    assert.match(content[0].text, /\n {2}"command": "é 😀",\n/);
    assert.deepEqual(Object.keys(structuredContent ?? {}), ["result"]);
  });

  it("that is a sentence is the sentence", async (t) => {
    const { call } = await createContract(t);

    assert.deepEqual(await call("ssh_get_task_status", { task_id: "none" }), {
      content: [{ type: "text", text: "Error: Task not found: none" }],
      structuredContent: { result: "Error: Task not found: none" },
      isError: true,
    });
  });
});
