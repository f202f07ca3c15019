import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { taskErrorCodes } from "../../src/tasks/taskError";
import { repositoryRoot } from "../support/repo";

/** Codes that are of no connection: requests that are refused, and what happens to tasks beyond it. */
const elsewhere: readonly string[] = [
  ...["invalidRequest", "tooManyTasks", "limitExceeded", "policyInvalid", "shuttingDown"],
  ...["processesHidden", "notDurable", "perlMissing", "hostExhausted", "taskLost"],
  ...["journalNewer", "windowGone", "windowSilent"],
];

describe("the page about connecting", () => {
  it("has each code of a failure on the way to a host, and no other", () => {
    const page = readFileSync(join(repositoryRoot(), "docs/connecting.md"), "utf8");
    const [, section = ""] = /^## When it fails\n([^]*?)^## /m.exec(page) ?? [];

    const told = [...section.matchAll(/^\| `(\w+)`/gm)].map(([, code]) => code);

    const codes = taskErrorCodes.filter((code) => !elsewhere.includes(code));
    assert.deepEqual(told.sort(), [...codes].sort());
  });
});
