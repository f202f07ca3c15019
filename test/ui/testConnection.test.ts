import assert from "node:assert/strict";
import { homedir } from "node:os";
import { describe, it } from "node:test";
import type { ConnectionTest, ConnectStep } from "../../src/tasks/hostConnections";
import { testConnection } from "../../src/ui/testConnection";
import { settle } from "../support/fakeClock";
import { createUi } from "./createUi";

const step = (name: ConnectStep, detail: string, host = "web") => ({
  host,
  step: name,
  detail,
  ms: 12.4,
});

const passed = [
  step("resolve", "192.0.2.7"),
  step("connect", "192.0.2.7 port 22"),
  step("hostKey", "known, ssh-ed25519 SHA256:abc"),
  step("signIn", `with ${homedir()}/.ssh/id_ed25519`),
  step("shell", ""),
];

function createTest(result: Partial<ConnectionTest> = {}) {
  const ui = createUi();
  const { connections: hosts, notify } = ui;
  hosts.onTest = () => Promise.resolve({ alias: "web", passed, ms: 211.7, ...result });
  return { ...ui, hosts, test: () => testConnection({ hosts, notify }, "web") };
}

describe("a connection test", () => {
  it("says in one sentence how the host answered", async () => {
    const { editor, test } = createTest();

    await test();

    assert.deepEqual(editor.messages, [
      {
        kind: "information",
        text: "web answered: host key known, signed in with ~/.ssh/id_ed25519, shell ready, 212ms.",
        buttons: ["Show Details"],
      },
    ]);
  });

  it("says the same of fewer steps", async () => {
    const { editor, test } = createTest({
      passed: [step("signIn", "by the system's ssh"), step("shell", "no POSIX shell")],
    });

    await test();

    assert.equal(
      editor.messages[0]?.text,
      "web answered: signed in by the system's ssh, no POSIX shell, 212ms.",
    );
  });

  it("has each step in its details and in the log, those of jump hosts by their names", async () => {
    const { editor, notified, test } = createTest({
      passed: [step("connect", "192.0.2.1 port 22", "gate"), ...passed],
    });
    editor.press = ({ buttons }) => buttons[0];

    await test();

    const lines = [
      "✓ Connection of gate: 192.0.2.1 port 22 (12ms)",
      "✓ Name: 192.0.2.7 (12ms)",
      "✓ Connection: 192.0.2.7 port 22 (12ms)",
      "✓ Host key: known, ssh-ed25519 SHA256:abc (12ms)",
      "✓ Sign-in: with ~/.ssh/id_ed25519 (12ms)",
      "✓ Shell: ready (12ms)",
    ];
    const dialog = { detail: lines.join("\n"), closedBy: "Close" };
    assert.deepEqual(editor.messages[1], {
      kind: "information",
      text: "web answered",
      buttons: ["Show Log", "Close"],
      dialog,
    });
    assert.deepEqual(notified, [
      ...lines.map((line) => `info: connection test of web: ${line}`),
      "shown",
    ]);
  });

  it("says the sentence of what failed, and at which step in its details", async () => {
    const { editor, test } = createTest({
      passed: passed.slice(0, 2),
      failure: {
        code: "hostKeyUnknown",
        message: "Unknown key. Compare it.",
        at: 0,
        step: { host: "web", step: "hostKey" },
      },
    });
    editor.press = ({ buttons }) => buttons[0];

    await test();

    const [message, details] = editor.messages;
    assert.deepEqual(message, {
      kind: "error",
      text: "web: Unknown key. Compare it.",
      buttons: ["Show Details"],
    });
    assert.equal(details?.text, "web can't be used");
    assert.match(String(details.dialog?.detail), /\n✗ Host key: Unknown key\. Compare it\.$/);
  });

  it("says how far it is, and is ended by its button without a word", async () => {
    const { editor, hosts, test } = createTest();
    hosts.onTest = (_alias, { onStep, signal }) => {
      onStep({ host: "gate", step: "connect", state: "begun" });
      onStep({ host: "gate", step: "connect", state: "passed", detail: "", ms: 1 });
      onStep({ host: "web", step: "signIn", state: "begun" });
      return new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(new Error("aborted")));
      });
    };
    const testing = test();
    await settle();
    const [progress] = editor.progress;
    assert.deepEqual(
      [progress?.title, progress?.messages],
      ["Testing web", ["gate, on the way: connecting…", "signing in…"]],
    );

    progress?.cancel();
    await testing;

    assert.deepEqual(editor.messages, []);
  });

  it("shows characters that reorder text as what they are", async () => {
    const { editor, test } = createTest({
      passed: [step("signIn", "with the agent's key \u202e")],
    });

    await test();

    assert.doesNotMatch(editor.messages[0]?.text ?? "", /\u202e/);
  });
});
