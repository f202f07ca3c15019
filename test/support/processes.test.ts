import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { after, describe, it } from "node:test";
import { eventually } from "./eventually";
import {
  findProcesses,
  kill,
  killAll,
  killByEnvironment,
  processTreeCommand,
  processTreeSize,
  uniqueMarker,
} from "./processes";

describe("processes", () => {
  const markers: string[] = [];
  after(() => Promise.all(markers.map((marker) => killAll(marker))));

  async function startTree(options = {}): Promise<string> {
    const marker = uniqueMarker();
    markers.push(marker);
    spawn("sh", ["-c", processTreeCommand(marker, options)], {
      detached: true,
      stdio: "ignore",
    }).unref();
    await eventually("the whole tree runs", () => findProcesses(marker).length === processTreeSize);
    return marker;
  }

  it("finds each process of a tree, and not the shell that carries the script", async () => {
    const marker = await startTree();

    const seconds = findProcesses(marker).map(({ argv }) => argv[1]);

    assert.deepEqual(
      seconds.sort(),
      [1, 2, 3, 4, 5].map((leaf) => `${marker}.${leaf}`),
    );
  });

  it("starts one process in a session of its own and the others in one group", async () => {
    const marker = await startTree();

    const groups = findProcesses(marker).map(({ group }) => group);

    assert.equal(new Set(groups).size, 2);
  });

  it("starts a tree that survives SIGTERM when asked to", async () => {
    const marker = await startTree({ ignoreTerm: true });

    for (const { pid } of findProcesses(marker)) kill(pid, "SIGTERM");

    assert.equal(findProcesses(marker).length, processTreeSize);
  });

  it("does not take a marker for a longer one that starts with it", async () => {
    const marker = await startTree();

    assert.deepEqual(findProcesses(marker.slice(0, -1)), []);
  });

  it("ignores zombies", async () => {
    const marker = uniqueMarker();
    // The shell starts a short sleep and becomes one that never waits for it.
    const parent = spawn("sh", ["-c", `sleep ${marker}.1 & echo $!; exec sleep ${marker}.2`], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    markers.push(marker);
    await eventually("both run", () => findProcesses(marker).length === 2);
    const child = findProcesses(marker).find(({ parent: pid }) => pid === parent.pid);

    assert.ok(child);
    kill(child.pid, "SIGKILL");

    await eventually("one is left", () => findProcesses(marker).length === 1);
    assert.doesNotThrow(() => process.kill(child.pid, 0), "the zombie is still there");
  });

  it("ends what carries a variable in its environment", async () => {
    const marker = uniqueMarker();
    markers.push(marker);
    const entry = `SSH_TASKS_PROBE=${marker}`;
    const env = { ...process.env, SSH_TASKS_PROBE: marker };
    spawn("setsid", ["sleep", `${marker}.1`], { env, stdio: "ignore" }).unref();
    await eventually("it runs", () => findProcesses(marker).length === 1);

    await killByEnvironment(entry);

    assert.deepEqual(findProcesses(marker), []);
  });
});
