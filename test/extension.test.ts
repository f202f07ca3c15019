import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
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
import { startSshd, type Sshd } from "./support/sshd";
import { resetEditor, Uri } from "./support/vscode";

type Disposable = ExtensionContext["subscriptions"][number];

describe("the extension, when its window closes", { timeout: 30_000 }, () => {
  let sshd: Sshd;
  let storage: string;
  let marker: string;
  let editor: ReturnType<typeof resetEditor>;
  const memory = new Map<string, unknown>();
  beforeEach(async () => {
    editor = resetEditor();
    marker = uniqueMarker();
    storage = mkdtempSync(join(tmpdir(), "ssh-tasks-test-"));
    sshd = await startSshd({ aliases: ["build01"] });
    editor.settings.set("sshTasks.sshConfigFile", sshd.sshConfigFile);
  });
  afterEach(async () => {
    for (const part of ["1", "2", "3"]) await killAll(`${marker}${part}`);
    await sshd.close();
    rmSync(storage, { recursive: true, force: true });
  });

  /** @returns what VS Code would dispose. */
  async function open(): Promise<readonly Disposable[]> {
    const context = {
      subscriptions: [],
      extensionUri: Uri.parse("file:///extension"),
      globalStorageUri: { fsPath: storage },
      globalState: {
        get: (key: string) => memory.get(key),
        update: (key: string, value: unknown) => Promise.resolve(memory.set(key, value)),
      },
    } as unknown as ExtensionContext;
    await activate(context);
    return context.subscriptions;
  }

  /** As VS Code does it: without waiting before it disposes. */
  async function close(subscriptions: readonly Disposable[]): Promise<void> {
    const deactivated = deactivate();
    for (const part of subscriptions) void part.dispose();
    await deactivated;
    for (const id of [...editor.registered.keys()]) editor.registered.delete(id);
  }

  async function startTrees(): Promise<void> {
    editor.pick = ([first]) => first;
    for (const part of ["1", "2", "3"]) {
      editor.input = () => processTreeCommand(`${marker}${part}`);
      await editor.registered.get("sshTasks.runTask")?.();
    }
    await eventually("three trees run", () => running() === 3 * processTreeSize);
  }

  const running = (): number =>
    ["1", "2", "3"].reduce((sum, part) => sum + findProcesses(`${marker}${part}`).length, 0);

  for (const [setting, value] of [
    ["sshTasks.cancelOnClose", true],
    ["sshTasks.durable", false],
  ] as const) {
    it(`ends what runs where ${setting} is ${value}`, async () => {
      editor.settings.set(setting, value);
      const subscriptions = await open();
      await startTrees();

      await close(subscriptions);

      assert.equal(running(), 0);
    });
  }

  it("lets durable tasks run on, says so the first time, and has them again in the next window", async () => {
    const first = await open();
    await startTrees();
    await close(first);
    assert.equal(running(), 3 * processTreeSize);

    const second = await open();

    const told = await eventually("the person is told", () =>
      editor.messages.find(({ text }) => text.includes("3 tasks ran on while no window was open")),
    );
    assert.deepEqual(told.buttons, ["Cancel Tasks on Close"]);
    editor.settings.set("sshTasks.cancelOnClose", true);
    await close(second);
    assert.equal(running(), 0);
    editor.messages.splice(0);
    await close(await open());
    assert.deepEqual(editor.messages, []);
  });
});
