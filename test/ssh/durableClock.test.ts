import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Launch } from "../../src/tasks/remoteHost";
import { eventually } from "../support/eventually";
import { createLaunch } from "../support/launches";
import { findProcesses, killAll, uniqueMarker } from "../support/processes";
import { createSshTasks, type SshHarness } from "../support/sshHarness";

const day = 24 * 3600;

/** Adds to what perl takes for the time what the file `set` says; the system's own clock is not for a test to set. */
const clockModule = `package SetClock;
*CORE::GLOBAL::time = sub () {
  open my $file, "<", "$ENV{PERL5LIB}/set" or return CORE::time();
  return CORE::time() + <$file>;
};
1;
`;

describe("a durable task on a host whose clock is set while it runs", { timeout: 60_000 }, () => {
  let ssh: SshHarness;
  let state: string;
  const marker = uniqueMarker();
  before(async () => {
    state = mkdtempSync(join(tmpdir(), "ssh-tasks-test-"));
    writeFileSync(join(state, "SetClock.pm"), clockModule);
    setClock(0);
    const perl = { PERL5LIB: state, PERL5OPT: "-MSetClock" };
    ssh = await createSshTasks({ environment: { XDG_STATE_HOME: state, ...perl } });
  });
  after(async () => {
    await killAll(marker);
    await ssh.close();
    rmSync(state, { recursive: true, force: true });
  });

  const setClock = (seconds: number): void => writeFileSync(join(state, "set"), String(seconds));
  let count = 0;
  const start = (command: string, changes: Partial<Launch> = {}) => {
    const taskId = `build01:${marker}:${++count}`;
    const launch = createLaunch({ taskId, command, durable: true, ...changes });
    return ssh.hosts.host("build01").start(launch);
  };

  for (const [how, seconds] of [
    ["ahead", day],
    ["back", -day],
  ] as const) {
    it(`has all of its time, and no more: ${how} by a day`, async () => {
      setClock(0);
      // The end of an orphan has the supervisor look at its clock.
      const command = `(sleep 1.5 &); sleep ${marker}.${how.length}`;
      const remote = start(command, { maxSeconds: 4 });
      await eventually("it runs", () => findProcesses(marker).length > 0);
      const started = performance.now();
      setClock(seconds);
      let told = "";
      const onOutput: Launch["onOutput"] = (_, bytes) => (told += bytes.toString());
      await start("perl -e 'print time'", { onOutput }).ended;
      assert.ok(Math.abs(Number(told) - Date.now() / 1000 - seconds) < 60, "perl takes it for set");

      const end = await remote.ended;

      assert.equal(end.kind === "exited" && end.timedOut, true);
      const took = performance.now() - started;
      assert.ok(took > 2500 && took < 12_000, `${took} ms`);
    });
  }
});
