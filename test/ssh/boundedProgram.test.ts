import assert from "node:assert/strict";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { runBounded, type ProgramBounds } from "../../src/ssh/boundedProgram";
import { eventually } from "../support/eventually";
import { findProcesses, uniqueMarker } from "../support/processes";

const bounds: ProgramBounds = { seconds: 10, bytes: 10_000, env: process.env, cwd: "/" };
const shell = (script: string, more: Partial<ProgramBounds> = {}) =>
  runBounded("/bin/sh", ["-c", script], { ...bounds, ...more });

describe("a program within bounds", () => {
  it("says what it printed and how it ended", async () => {
    assert.deepEqual(await shell("pwd; echo wrong >&2; exit 3"), {
      kind: "exited",
      code: 3,
      stdout: "/\n",
      stderr: "wrong\n",
    });
  });

  it("has no input", async () => {
    assert.deepEqual(await shell("cat; echo end"), {
      kind: "exited",
      code: 0,
      stdout: "end\n",
      stderr: "",
    });
  });

  it("gets its arguments as they are", async () => {
    const end = await runBounded("/bin/echo", ["$(id)", "a b;"], bounds);

    assert.equal(end.kind === "exited" && end.stdout, "$(id) a b;\n");
  });

  it("is missing where there is none, or no program", async (t) => {
    const folder = await mkdtemp(join(tmpdir(), "bounded-"));
    t.after(() => rm(folder, { recursive: true }));
    const file = join(folder, "file");
    await writeFile(file, "");
    await chmod(file, 0o600);

    for (const path of [join(folder, "nothing"), file, folder, "no-program-of-this-name"])
      assert.deepEqual(await runBounded(path, [], bounds), { kind: "missing" });
  });

  it("is killed with what it has started when it is too slow", async () => {
    const marker = uniqueMarker();
    const end = await shell(`sleep ${marker}.1 & sleep ${marker}.2`, { seconds: 0.3 });

    assert.deepEqual(end, { kind: "tooSlow" });
    await eventually("nothing is left", () => findProcesses(marker).length === 0);
  });

  it("is killed when it prints too much", async () => {
    const marker = uniqueMarker();
    const end = await shell(`sleep ${marker} & while :; do echo more; done`);

    assert.deepEqual(end, { kind: "tooLong" });
    await eventually("nothing is left", () => findProcesses(marker).length === 0);
  });

  it("is not waited for by what it leaves behind", async () => {
    const marker = uniqueMarker();
    const end = await shell(`echo said; sleep ${marker} >/dev/null & echo $! >&2`);

    assert.equal(end.kind === "exited" && end.stdout, "said\n");
    assert.equal(findProcesses(marker).length, 1);
    process.kill(Number(end.kind === "exited" && end.stderr));
    await eventually("nothing is left", () => findProcesses(marker).length === 0);
  });
});
