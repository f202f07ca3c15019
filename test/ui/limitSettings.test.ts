import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { defaultLimits, limitNames } from "../../src/tasks/limits";
import { followLimitSettings } from "../../src/ui/limitSettings";
import { createLogger } from "../support/createTasks";
import { resetEditor } from "../support/vscode";

function createLimits(settings: Readonly<Record<string, unknown>> = {}) {
  const editor = resetEditor();
  const change = (name: string, value: unknown): void => {
    editor.settings.set(`sshTasks.limits.${name}`, value);
    editor.settingChanged.fire(`sshTasks.limits.${name}`);
  };
  for (const [name, value] of Object.entries(settings)) change(name, value);
  const log: string[] = [];
  const limits = followLimitSettings(createLogger(log));
  return { limits, change, log };
}

describe("the limits of the settings", () => {
  it("are the defaults where nothing is set", () => {
    const { limits, log } = createLimits();

    for (const name of limitNames) assert.equal(limits[name], defaultLimits[name]);
    assert.deepEqual(log, []);
  });

  it("are what the person sets, and follow a change at once", () => {
    const { limits, change } = createLimits({ maxRunning: 7 });

    assert.equal(limits.maxRunning, 7);
    change("maxRunning", 8);

    assert.equal(limits.maxRunning, 8);
    assert.equal(limits.maxKept, defaultLimits.maxKept);
  });

  it("stay at the default for a value that is none, and the log says so and what would do", () => {
    const { limits, change, log } = createLimits({ maxRunning: 0 });

    assert.equal(limits.maxRunning, defaultLimits.maxRunning);
    change("maxRunning", "many");

    assert.equal(limits.maxRunning, defaultLimits.maxRunning);
    const warning =
      "warn: setting sshTasks.limits.maxRunning must be a whole number from 1 to 10000; 100 is used instead";
    assert.deepEqual(log, [warning, warning]);
  });

  it("follow nothing once they are disposed", () => {
    const { limits, change } = createLimits();

    limits.dispose();
    change("maxRunning", 8);

    assert.equal(limits.maxRunning, defaultLimits.maxRunning);
  });
});
