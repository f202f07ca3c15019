import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ConsentQuestion } from "../../src/tasks/consent";
import { consentDialog } from "../../src/ui/consentDialog";
import { createHostInfo } from "../support/createTasks";
import { resetEditor } from "../support/vscode";

const question: ConsentQuestion = {
  host: createHostInfo("build01"),
  command: "make test",
  client: "agent:Copilot",
  rule: undefined,
  offers: ["once", "session", "always", "deny"],
};

/** How the dialog is answered by a person who presses that button, or closes it. */
async function ask(changes: Partial<ConsentQuestion> = {}, press?: string) {
  const editor = resetEditor();
  editor.press = () => press;
  const { signal } = new AbortController();
  const answer = await consentDialog.ask({ ...question, ...changes }, signal);
  const [message] = editor.messages;
  if (!message?.dialog) throw new Error("There was no dialog");
  return {
    answer,
    message,
    detail: message.dialog.detail ?? "",
    closedBy: message.dialog.closedBy,
  };
}

describe("the dialog about an agent's command", () => {
  it("says what wants to run where, as whom, and for which agent", async () => {
    const { message, detail, closedBy } = await ask();

    assert.equal(message.text, "Allow an agent to run a command on build01?");
    assert.equal(detail, "make test\n\nCopilot wants to run it as dev@192.0.2.1.");
    assert.deepEqual(message.buttons, ["Once", "This Session", "Always on This Host", "Deny"]);
    assert.equal(closedBy, "Deny");
  });

  for (const [button, answer] of [
    ["Once", "once"],
    ["This Session", "session"],
    ["Always on This Host", "always"],
    ["Deny", "deny"],
    [undefined, "deny"],
  ] as const) {
    it(`is answered with ${answer} by ${button ?? "closing it"}`, async () => {
      assert.equal((await ask({}, button)).answer, answer);
    });
  }

  it("names the port where it is not the usual one, and the rule that wants the person asked", async () => {
    const host = { ...createHostInfo("build01"), port: 2222 };

    const { message, detail } = await ask({
      ...{ host, rule: "rules[2]" },
      offers: ["once", "session", "deny"],
    });

    assert.equal(
      detail,
      "make test\n\nCopilot wants to run it as dev@192.0.2.1:2222.\n\nYour policy wants you asked: rules[2].",
    );
    assert.deepEqual(message.buttons, ["Once", "This Session", "Deny"]);
  });

  it("shows the beginning of a long command, and how much more there is", async () => {
    const { detail } = await ask({ command: "é".repeat(1001) + "x" });

    assert.ok(detail.startsWith(`${"é".repeat(1000)} … (2 more characters)\n\n`), detail);
  });

  it("shows what a command hides", async () => {
    const { detail } = await ask({ command: "echo \u202Egnp.exe\u2066 \u001b[2J\u0007" });

    assert.ok(detail.startsWith("echo <U+202E>gnp.exe<U+2066> ␛[2J␇\n"), detail);
  });
});
