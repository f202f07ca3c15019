import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import attached from "../../src/remote/attached.sh";
import control from "../../src/remote/control.sh";
import folder from "../../src/remote/folder.sh";
import follow from "../../src/remote/follow.sh";
import ladder from "../../src/remote/ladder.sh";
import leader from "../../src/remote/leader.sh";
import members from "../../src/remote/members.sh";
import runner from "../../src/remote/runner.sh";
import report from "../../src/remote/report.sh";
import spooled from "../../src/remote/spooled.sh";
import supervisor from "../../src/remote/supervisor.sh";
import sweep from "../../src/remote/sweep.sh";
import { requireProgram } from "../support/childProcesses";

/** What shellcheck says of a script for any POSIX sh; its infos and style hints too. */
function check(script: string): string {
  const { stdout } = spawnSync(requireProgram("shellcheck"), ["-s", "sh", "-"], { input: script });
  return stdout.toString();
}

const unused = "# shellcheck disable=SC2034 # for the other scripts";

describe("shellcheck has nothing to say", () => {
  for (const [name, parts] of [
    ["of what runs a task", [unused, folder, members, ladder, attached]],
    ["of what follows durable ones", [unused, folder, ladder, follow, spooled]],
    ["of what waits for durable ones", [unused, folder, members, ladder, supervisor]],
    ["of what answers for tasks", [folder, members, ladder, report, sweep, control]],
    ["of what waits for the command", [runner]],
    ["of what becomes the command", [leader]],
  ] as const) {
    it(name, () => {
      assert.equal(check(parts.join("\n")), "");
    });
  }
});
