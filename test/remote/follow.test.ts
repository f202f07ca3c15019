import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, it } from "node:test";
import { eventually } from "../support/eventually";
import { findProcesses, kill, killAll, uniqueMarker } from "../support/processes";
import { DurableShell } from "./durableShell";
import { shells } from "./remoteShell";

describe("follow.pl", { timeout: 60_000 }, () => {
  const [shell] = shells;
  let state: string;
  let marker: string;
  let host: DurableShell;
  beforeEach(() => {
    state = mkdtempSync(join(tmpdir(), "ssh-tasks-test-"));
    marker = uniqueMarker();
  });
  afterEach(async () => {
    await killAll(marker);
    await host.close();
    rmSync(state, { recursive: true, force: true });
  });

  const folderOf = (taskId: string): string => join(state, "ssh-tasks", taskId);
  const idsOf = (count: number, of = "task"): string[] =>
    Array.from({ length: count }, (_, index) => `${of}:${marker}:${index + 1}`);

  /** Which may have so many files open. */
  function open(files = 1000, edit?: (script: string) => string): DurableShell {
    assert.ok(shell);
    const environment = { XDG_STATE_HOME: state, SHELL: "/bin/bash" };
    const before = `ulimit -n ${files}`;
    host = new DurableShell(shell, { before, environment, ...(edit && { edit }) });
    return host;
  }

  /** Starts tasks that print a line and then live, and sees them do so. */
  async function startAll(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      host.start(id, `echo hello; exec sleep ${marker}`);
      await eventually(`${id} prints`, () => host.text(id) === "hello\n");
    }
    await allSleep(ids.length);
  }

  const allSleep = (count: number): Promise<unknown> =>
    eventually("they sleep", () => findProcesses(marker).length === count);

  const filesOf = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

  it("has one file open for each task", async () => {
    const pid = await open().pid();
    const before = filesOf(pid);

    await startAll(idsOf(20));

    await eventually("there is no more than that", () => filesOf(pid) === before + 20);
  });

  it("loses nothing of as many tasks as it may have files open", async () => {
    const ids = idsOf(40);
    open(60);
    await startAll(ids);

    await killAll(marker);

    for (const id of ids) {
      assert.deepEqual((await host.ended(id)).slice(0, 2), ["exited", "137"]);
      assert.equal(host.text(id), "hello\n");
    }
  });

  it("has no task started that it could not follow, and says so", async () => {
    const ids = idsOf(40);
    open(40);

    for (const id of ids) host.start(id, `echo hello; exec sleep ${marker}`);

    const [refused, followed] = await eventually("each is one or the other", () => {
      const parts = [
        ids.filter((id) => host.of(id).ends.length > 0),
        ids.filter((id) => host.text(id) === "hello\n"),
      ] as const;
      return parts[0].length + parts[1].length === ids.length && parts;
    });
    assert.ok(followed.length >= 10, `${followed.length} are followed`);
    for (const id of refused) {
      assert.deepEqual(await host.ended(id), ["nodescriptor"]);
      assert.equal(existsSync(folderOf(id)), false);
    }
    await allSleep(followed.length);
    await killAll(marker);
    for (const id of followed) await host.ended(id);
    const [again = ""] = refused;
    host.start(again, "echo again");
    await eventually("it runs", () => host.text(again) === "again\n");
  });

  it("says that nothing is known of a task whose folder has gone", async () => {
    open();
    const [gone = "", stays = ""] = idsOf(2);
    await startAll([gone, stays]);

    rmSync(folderOf(gone), { recursive: true });
    await killAll(marker);

    assert.equal((await host.ended(gone))[0], "missing");
    assert.equal((await host.ended(stays))[0], "exited");
  });

  const obstacles: Readonly<Record<string, (folder: string) => void>> = {
    "a file can't be opened": (folder) => {
      rmSync(join(folder, "err"));
      symlinkSync("err", join(folder, "err"));
    },
    "a file can't be read": (folder) => {
      rmSync(join(folder, "err"));
      mkdirSync(join(folder, "err"));
    },
    "the folder can't be read": (folder) => {
      renameSync(folder, `${folder}.old`);
      symlinkSync(folder, folder);
    },
  };
  for (const [what, obstruct] of Object.entries(obstacles)) {
    it(`does not take a task for one without output where ${what}`, async () => {
      open();
      const [id = ""] = idsOf(1);
      await startAll([id]);
      const log = host.of(id);

      obstruct(folderOf(id));
      await killAll(marker);

      assert.deepEqual(await host.ended(id), ["later"]);
      assert.equal(log.ends.length, 1);
    });
  }

  const deaf = {
    "no watch is to be had": (script: string) => script.replace("$path, 2 :", "$path, 0 :"),
    "there is no inotify": (script: string) =>
      script.replace("return if !$inotify_init1;", "return;"),
  };
  for (const [what, edit] of Object.entries(deaf)) {
    it(`sees files grow where ${what}`, async () => {
      open(1000, edit);
      const [id = ""] = idsOf(1);
      const go = join(state, "go");
      host.start(
        id,
        `echo one; until [ -e ${go} ]; do sleep 0.01; done; echo two; sleep ${marker}`,
      );
      await eventually("it prints", () => host.text(id) === "one\n");

      mkdirSync(go);

      await eventually("it prints more", () => host.text(id) === "one\ntwo\n");
    });
  }

  it("sees files grow of which the kernel has kept no word", async () => {
    const pid = await open().pid();
    const [noisy = "", late = ""] = idsOf(2);
    const go = join(state, "go");
    const done = join(state, "done");
    const wait = `until [ -e ${go} ]; do sleep 0.01; done`;
    // Two streams in turns: the same word twice in a row would be kept once.
    const noise = "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); echo; echo >&2; done";
    host.start(noisy, `echo on; ${wait}; ${noise}; mkdir ${done}; sleep ${marker}`);
    host.start(
      late,
      `echo on; until [ -e ${done} ]; do sleep 0.01; done; echo late; sleep ${marker}`,
    );
    await eventually("both wait", () => host.text(noisy) + host.text(late) === "on\non\n");
    kill(pid, "SIGSTOP");
    mkdirSync(go);
    await eventually("it is printed", () => readFileSync(join(folderOf(late), "out")).length === 8);

    kill(pid, "SIGCONT");

    await eventually("it comes", () => host.text(late) === "on\nlate\n");
    await eventually("all comes", () => host.text(noisy).length === 20_003);
  });

  it("lets a stream that floods keep nobody waiting", async () => {
    open();
    const [flood = "", id = ""] = idsOf(2);
    host.start(flood, `yes ${marker} & exec sleep ${marker}`);
    await eventually("it floods", () => host.text(flood).length > 10_000_000);

    host.start(id, "echo hello");

    assert.equal((await host.ended(id))[0], "exited");
    assert.equal(host.of(flood).ends.length, 0);
  });

  it("has nothing to do while nothing is printed, and watches nothing that it does not follow", async () => {
    const pid = await open().pid();
    const ids = idsOf(3);
    await startAll(ids);
    const wakes = (): string =>
      /^voluntary_ctxt_switches:.*/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[0] ?? "";
    const watches = (): number =>
      readdirSync(`/proc/${pid}/fdinfo`)
        .map((fd) => readFileSync(`/proc/${pid}/fdinfo/${fd}`, "utf8").match(/^inotify /gm))
        .reduce((sum, found) => sum + (found?.length ?? 0), 0);
    const before = wakes();

    await delay(500);

    assert.equal(wakes(), before);
    assert.equal(watches(), 6);
    host.unfollow(ids[0] ?? "");
    await eventually("what is let go of is not watched", () => watches() === 4);
    assert.equal(findProcesses(marker).length, 3);
    await killAll(marker);
    await eventually("what has ended is not watched", () => watches() === 0);
  });
});
