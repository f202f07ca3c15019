import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { SecretQuestion } from "../../src/tasks/signInPrompt";
import { EditorSignInPrompt } from "../../src/ui/signInPrompt";
import { settle } from "../support/fakeClock";
import { resetEditor } from "../support/vscode";

const question: SecretQuestion = {
  alias: "build01",
  purpose: "passphrase",
  prompt: "Passphrase for id_ed25519",
  instruction: "",
  echo: false,
  isRetry: false,
  name: "passphrase:id_ed25519",
};

function createPrompt() {
  const editor = resetEditor();
  const stored = new Map<string, string>();
  const prompt = new EditorSignInPrompt({
    get: (key) => Promise.resolve(stored.get(key)),
    store: (key, value) => Promise.resolve(void stored.set(key, value)),
    delete: (key) => Promise.resolve(void stored.delete(key)),
  });
  const over = new AbortController();
  const ask = async (changes: Partial<SecretQuestion> = {}) => {
    const answer = prompt.askSecret({ ...question, ...changes }, over.signal);
    await settle();
    return { answer, box: editor.inputBoxes.at(-1) };
  };
  return { editor, prompt, stored, over, ask };
}

describe("a question of a sign-in", () => {
  it("is an input box that hides what is typed and names the host, and is gone with the answer", async () => {
    const { ask, stored } = createPrompt();
    const { answer, box } = await ask();
    assert.deepEqual(
      [box?.title, box?.prompt, box?.password, box?.ignoreFocusOut],
      ["Sign in to build01", "Passphrase for id_ed25519", true, true],
    );

    box?.type("secret");

    assert.equal(await answer, "secret");
    assert.equal(box?.disposed, true);
    assert.equal(stored.size, 0);
  });

  it("shows what is typed where the server wants that, with its words, and can't be kept without a name", async () => {
    const { ask } = createPrompt();

    const { box } = await ask({
      echo: true,
      instruction: "One time.",
      prompt: "Code:",
      name: undefined,
    });

    assert.deepEqual([box?.password, box?.prompt, box?.buttons], [false, "One time. Code:", []]);
  });

  it("says which of how many it is, and that the server refused it", async () => {
    const { ask } = createPrompt();

    const { box } = await ask({
      purpose: "code",
      round: { step: 2, of: 2 },
      isRetry: true,
      prompt: "Code",
      name: undefined,
    });

    assert.deepEqual(
      [box?.step, box?.totalSteps, box?.prompt],
      [2, 2, "The server refused that. Code"],
    );
  });

  it("is kept by its button, not asked again, deleted when it was wrong, and forgotten", async () => {
    const { ask, editor, prompt, stored } = createPrompt();
    const first = await ask();
    first.box?.press();
    first.box?.type("secret");
    assert.equal(await first.answer, "secret");
    await settle();

    assert.equal(await (await ask()).answer, "secret");
    assert.equal(editor.inputBoxes.length, 1);
    const again = await ask({ isRetry: true });
    assert.match(String(again.box?.prompt), /^That was wrong\. /);
    again.box?.press();
    again.box?.type("better");
    await again.answer;
    await settle();

    assert.equal(await prompt.forget(), 1);
    assert.equal(stored.size, 0);
  });

  it("is without an answer when it is closed, or the connection is gone", async () => {
    const { ask, over } = createPrompt();
    const closed = await ask();
    closed.box?.hide();
    assert.equal(await closed.answer, undefined);

    const gone = await ask();
    over.abort();

    assert.equal(await gone.answer, undefined);
    assert.equal(gone.box?.isOpen, false);
    assert.equal(await (await ask()).answer, undefined);
  });
});

describe("the key of a new host", () => {
  it("is shown with its fingerprint and where it would be written, and is not trusted by closing", async () => {
    const { editor, prompt } = createPrompt();
    const key = {
      alias: "build01",
      name: "[192.0.2.1]:2222",
      type: "ssh-ed25519",
      fingerprint: "SHA256:abc",
      file: "/home/dev/.ssh/known_hosts",
    };
    const { signal } = new AbortController();

    for (const [press, answer] of [
      ["Trust and Add", "always"],
      ["Once", "once"],
      ["Cancel", undefined],
      [undefined, undefined],
    ] as const) {
      editor.press = () => press;
      assert.equal(await prompt.trustHostKey(key, signal), answer);
    }

    const { detail = "", closedBy } = editor.messages[0]?.dialog ?? {};
    for (const word of ["[192.0.2.1]:2222", "SHA256:abc", key.file])
      assert.ok(detail.includes(word));
    assert.equal(closedBy, "Cancel");
  });
});
