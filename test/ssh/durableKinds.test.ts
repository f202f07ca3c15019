import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { CancelClimb } from "../../src/tasks/remoteHost";
import { startDurableHost, type DurableHost } from "../support/durableHost";
import { eventually } from "../support/eventually";
import { hostKinds } from "../support/hostKinds";
import { findProcesses, kill, killAll } from "../support/processes";

const noGrace: CancelClimb = { graceSeconds: 0, force: new AbortController().signal };

for (const kind of hostKinds) {
  describe(`a durable task on ${kind.name}`, { timeout: 60_000 }, () => {
    let host: DurableHost;
    before(async () => (host = await startDurableHost(kind)));
    after(() => host.close());

    it("gives its output, both streams apart, and its exit code", async () => {
      const { remote, text } = host.start("echo out; echo err >&2; exit 7");

      const end = await remote.ended;

      assert.equal((await remote.started)?.durable, true);
      assert.deepEqual(end, { kind: "exited", exitCode: 7 });
      assert.deepEqual([text("stdout"), text("stderr")], ["out\n", "err\n"]);
    });

    it("gives both streams in one, in their order, where that is wanted", async () => {
      const { remote, text } = host.start("echo a; echo b >&2; echo c", { merge: true });

      await remote.ended;

      assert.deepEqual([text("stdout"), text("stderr")], ["a\nb\nc\n", ""]);
    });

    it("gives what it prints while it runs, to the byte", async () => {
      const { remote, text } = host.start(`printf 'a\\0b'; sleep ${host.marker}.1`);

      await eventually("it has printed", () => text("stdout") === "a\0b");

      await remote.cancel(noGrace);
    });

    it("gives 5 MB of random bytes as they are", async () => {
      const random = randomBytes(5_000_000);
      const file = join(host.state, "random");
      writeFileSync(file, random, { mode: 0o644 });
      const { remote, bytes } = host.start(`cat ${file}; cat ${file} >&2`);

      await remote.ended;

      assert.ok(bytes("stdout").equals(random));
      assert.ok(bytes("stderr").equals(random));
    });

    for (const [signal, exitCode] of [
      ["KILL", 137],
      ["TERM", 143],
    ] as const) {
      it(`says which signal ended it: ${signal}`, async () => {
        const { remote, text } = host.start(`kill -${signal} $$`);

        assert.deepEqual(await remote.ended, { kind: "exited", exitCode });
        assert.deepEqual([text("stdout"), text("stderr")], ["", ""]);
      });
    }

    it("starts with no signal ignored or blocked, and nothing open but its streams and the FIFO", async () => {
      const list = "for fd in /proc/$$/fd/*; do [ ! -e $fd ] || echo ${fd##*/}; done";
      const { remote, text } = host.start(`grep -E 'Sig(Ign|Blk)' /proc/self/status; ${list}`);

      await remote.ended;

      const own = text("stdout")
        .split("\n")
        .filter((line) => !/^\d\d+$/.test(line));
      assert.match(own.slice(0, 2).join(" "), /^SigBlk:\s0+ SigIgn:\s0+$/);
      assert.deepEqual(own.slice(2, -1), ["0", "1", "2", "8"]);
    });

    it("runs where a login begins, with the environment of a login", async () => {
      const show = "pwd; echo $PATH; env | cut -d= -f1 | grep -v -e SSH_ -e _STATE -e '^_$' | sort";
      const durable = host.start(show);
      const attached = host.start(show, { durable: false });

      await Promise.all([durable.remote.ended, attached.remote.ended]);

      assert.equal(durable.text("stdout"), attached.text("stdout"));
    });

    it("is not started twice", async () => {
      const ran = join(host.state, "ran");
      const { remote, taskId } = host.start(`echo x >>${ran}; sleep ${host.marker}.2; exit 3`);
      const process = await remote.started;
      remote.release();
      const again = host.start(`echo x >>${ran}`, { taskId });
      assert.equal((await again.remote.started)?.pid, process?.pid);
      await eventually("it runs", () => findProcesses(host.marker).length > 0);
      await killAll(host.marker);
      assert.deepEqual(await again.remote.ended, { kind: "exited", exitCode: 3 });

      const end = await host.start(`echo x >>${ran}`, { taskId }).remote.ended;

      assert.deepEqual(end, { kind: "exited", exitCode: 3 });
      assert.equal(readFileSync(ran, "utf8"), "x\n");
    });

    it("is ended by a cancel, and forgotten by its host when it is told to", async () => {
      const { remote, taskId } = host.start(`sleep ${host.marker}.3`);
      await eventually("it runs", () => findProcesses(host.marker).length > 0);
      await remote.started;

      const report = await remote.cancel(noGrace);

      assert.deepEqual([report.gone, report.mainProcessFound], [true, true]);
      assert.deepEqual(findProcesses(host.marker), []);
      assert.deepEqual(await remote.ended, { kind: "exited", exitCode: 143 });
      assert.ok(host.folders().includes(taskId), "its output stays");
      remote.forget();
      await eventually("its folder goes", () => !host.folders().includes(taskId));
    });

    it("counts what it leaves running, can still end that, and its folder goes with it", async () => {
      const { remote, taskId } = host.start(
        `sleep ${host.marker}.4 & sleep ${host.marker}.5 & exit 0`,
      );

      const end = await remote.ended;

      assert.deepEqual(end, { kind: "exited", exitCode: 0, leftRunning: 2 });
      remote.forget();
      assert.ok(host.folders().includes(taskId), "it is needed to find them");
      const report = await remote.cancel(noGrace);
      assert.deepEqual([report.gone, report.processesFound], [true, 2]);
      await eventually("its folder goes", () => !host.folders().includes(taskId));
    });

    it("is ended by its host when its time is up, and what waits for that with it", async () => {
      const { remote } = host.start(`sleep ${host.marker}.6`, { maxSeconds: 1 });
      const early = host.start("true", { maxSeconds: Number(host.marker) });

      const end = await remote.ended;

      assert.equal(end.kind === "exited" && end.timedOut, true);
      assert.deepEqual(await early.remote.ended, { kind: "exited", exitCode: 0 });
      await eventually("nothing waits", () => findProcesses(host.marker).length === 0);
    });

    it("is lost when what waits for it was killed, and can be cancelled then", async () => {
      const { remote } = host.start(`sleep ${host.marker}.7`);
      const process = await remote.started;
      await eventually("it runs", () => findProcesses(host.marker).length > 0);

      kill(Number(process?.supervisor), "SIGKILL");

      assert.equal((await remote.ended).kind, "lost");
      assert.equal((await remote.cancel(noGrace)).processesFound, 1);
      assert.deepEqual(findProcesses(host.marker), []);
    });
  });
}
