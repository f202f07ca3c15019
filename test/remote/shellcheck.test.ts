import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import attached from "../../src/remote/attached.sh";
import cancel from "../../src/remote/cancel.sh";
import ladder from "../../src/remote/ladder.sh";
import leader from "../../src/remote/leader.sh";
import members from "../../src/remote/members.sh";
import { requireProgram } from "../support/childProcesses";

/** What shellcheck says of a script for any POSIX sh; its infos and style hints too. */
function check(script: string): string {
  const { stdout } = spawnSync(requireProgram("shellcheck"), ["-s", "sh", "-"], { input: script });
  return stdout.toString();
}

describe("shellcheck has nothing to say", () => {
  for (const [name, parts] of [
    ["of what runs a task", [members, ladder, attached]],
    ["of what cancels one", [members, ladder, cancel]],
    ["of what becomes the command", [leader]],
  ] as const) {
    it(name, () => {
      assert.equal(check(parts.join("\n")), "");
    });
  }
});
