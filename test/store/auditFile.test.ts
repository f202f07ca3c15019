import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { AuditFile } from "../../src/store/auditFile";
import type { AuditRecord } from "../../src/tasks/audit";
import { createReceipt } from "../tasks/samples";
import { createLogger } from "../support/createTasks";

const maxBytes = 5 * 1024 * 1024;
const at = Date.UTC(2026, 0, 2, 3, 4, 5);

function decision(number = 1, client = "agent:test"): AuditRecord {
  const about = { at, alias: "build01", hash: "e3b0c44298fc1c14", command: `echo ${number}` };
  const who = { client, session: "5e55101d" };
  return { type: "decision", ...about, ...who, allowed: true, rule: `rules[${number}]` };
}

async function createFile(t: TestContext, withCommands = false) {
  const folder = await mkdtemp(join(tmpdir(), "ssh-tasks-audit-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, "in", "audit.jsonl");
  const log: string[] = [];
  const open = () =>
    new AuditFile({ path, logger: createLogger(log), withCommands: () => withCommands });
  const names = async () => (await readdir(join(folder, "in"))).sort();
  const read = (file = path) => readFile(file, "utf8");
  const errors = () => log.filter((line) => line.startsWith("error"));
  return { folder: join(folder, "in"), path, log, open, names, read, errors };
}

describe("the audit file", () => {
  it("has a line of JSON for each record, in their order, with times of day", async (t) => {
    const { open, read } = await createFile(t);
    const audit = open();
    const about = { at, alias: "build01", hash: "e3b0c44298fc1c14", command: "true" };
    const taskId = "build01:e3b0c44298fc1c14:1";
    const receipt = createReceipt();
    audit.record(decision());
    audit.record({ type: "cancel", ...about, taskId, requestedBy: "tree", reason: "no longer" });
    audit.record({
      ...{ type: "end", ...about, taskId, startedBy: "palette", status: "cancelled", address: "" },
      ...{ exitCode: -1, timeout: false, createdAt: at - 5000, durationMs: 5000 },
      ...{ bytesOut: 1, bytesErr: 2, receipt },
    });

    await audit.flush();

    const time = "2026-01-02T03:04:05.000Z";
    const known = { alias: "build01", hash: "e3b0c44298fc1c14" };
    const lines = (await read()).trimEnd().split("\n");
    assert.deepEqual(
      lines.map((line): unknown => JSON.parse(line)),
      [
        {
          ...{ time, type: "decision", ...known, client: "agent:test", session: "5e55101d" },
          ...{ allowed: true, rule: "rules[1]" },
        },
        { time, type: "cancel", ...known, taskId, requestedBy: "tree", reason: "no longer" },
        {
          ...{ time, type: "end", ...known, taskId, startedBy: "palette", status: "cancelled" },
          ...{ address: "", exitCode: -1, timeout: false, createdAt: "2026-01-02T03:04:00.000Z" },
          ...{ durationMs: 5000, receipt, bytesOut: 1, bytesErr: 2 },
        },
      ],
    );
  });

  it("is for its owner's eyes alone, and its folder too", async (t) => {
    const { open, path, folder } = await createFile(t);
    const audit = open();
    audit.record(decision());
    await audit.flush();
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    await chmod(path, 0o644);

    audit.record(decision());
    await audit.flush();

    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.equal((await stat(folder)).mode & 0o777, 0o700);
  });

  for (const withCommands of [true, false]) {
    it(`${withCommands ? "has" : "has no"} commands where they are ${withCommands ? "" : "not "}wanted, nor has the log`, async (t) => {
      const { open, read, log } = await createFile(t, withCommands);
      const audit = open();

      audit.record(decision(7));
      await audit.flush();

      assert.equal((await read()).includes("echo 7"), withCommands);
      assert.equal(log.join().includes("echo 7"), withCommands);
      assert.equal(log.length, 1);
    });
  }

  it("keeps a record of several lines in one", async (t) => {
    const { open, read } = await createFile(t, true);
    const audit = open();

    audit.record({ ...decision(), command: "echo 1\necho 2\r\n\u2028" });
    await audit.flush();

    assert.equal((await read()).split("\n").length, 2);
  });

  it("is put away when it is full, and the last ten of those are kept", async (t) => {
    const { open, path, names, read, errors } = await createFile(t);
    const audit = open();
    for (let i = 0; i < 12; i++) {
      audit.record(decision(i));
      await audit.flush();
      await writeFile(path, `${i}\n${"x".repeat(maxBytes)}`);
    }
    await writeFile(`${path}.mine`, "somebody else's");

    audit.record(decision(12));
    await audit.flush();

    const all = await names();
    const old = all.filter((name) => /^audit\.jsonl\.\d{4}-[\dTZ-]+\.\d+$/.test(name));
    assert.equal(old.length, 10);
    assert.deepEqual(
      all.filter((name) => !old.includes(name)),
      ["audit.jsonl", "audit.jsonl.mine"],
    );
    assert.match(await read(), /^.*"rule":"rules\[12\]"}\n$/);
    const firsts = await Promise.all(
      old.map(async (name) => (await read(join(path, "..", name))).split("\n", 1)[0]),
    );
    assert.deepEqual(firsts, ["2", "3", "4", "5", "6", "7", "8", "9", "10", "11"]);
    assert.deepEqual(errors(), []);
  });

  it("goes on while it has less than that", async (t) => {
    const { open, path, names, folder } = await createFile(t);
    await mkdir(folder);
    await writeFile(path, "x".repeat(maxBytes));
    const audit = open();

    audit.record(decision());
    await audit.flush();

    assert.deepEqual(await names(), ["audit.jsonl"]);
  });

  it("loses nothing when several write it and put it away at the same time", async (t) => {
    const { open, path, names, read, errors, folder } = await createFile(t);
    await mkdir(folder);
    const rounds = 6;
    const writers = [open(), open(), open(), open()];
    for (let round = 0; round < rounds; round++) {
      await writeFile(path, `${"x".repeat(maxBytes)}\n`, { flag: "a" });
      writers.forEach((audit, i) => audit.record(decision(round, `agent:${i}`)));
      await Promise.all(writers.map((audit) => audit.flush()));
    }

    assert.deepEqual(errors(), []);
    const texts = await Promise.all((await names()).map((name) => read(join(folder, name))));
    const written = texts
      .join("")
      .split("\n")
      .filter((line) => line.startsWith("{"));
    const seen = new Set(written.map((line) => /agent:\d.*rules\[\d\]/.exec(line)?.[0]));
    assert.equal(seen.size, rounds * writers.length);
  });

  it("has what was recorded in the moment it had been written", async (t) => {
    const { open, read } = await createFile(t);
    const audit = open();
    let count = 0;
    for (let i = 0; i < 100; i++) {
      audit.record(decision(count++));
      await audit.flush();
      audit.record(decision(count++));
    }

    await audit.flush();

    assert.equal((await read()).split("\n").length - 1, count);
  });

  it("says in the log that it can't be written, which has all that it lacks", async (t) => {
    const { open, path, folder, errors, log, read } = await createFile(t);
    await writeFile(folder, "in the way");
    const audit = open();
    audit.record(decision(1));
    await audit.flush();
    assert.equal(errors().length, 1);
    assert.ok(errors()[0]?.startsWith(`error: The audit file ${path} can't be written`));
    assert.match(log.join(), /info: audit: .*rules\[1\]/);

    await rm(folder);
    audit.record(decision(2));
    await audit.flush();

    assert.match(await read(), /rules\[2\]/);
  });

  it("says how many records it lacks when they come faster than they can be written", async (t) => {
    const { open, read, errors, path } = await createFile(t);
    const audit = open();
    for (let i = 0; i < 10_005; i++) audit.record(decision(i));

    await audit.flush();

    assert.equal((await read()).split("\n").length - 1, 10_000);
    assert.deepEqual(errors(), [`error: The audit file ${path} lacks 5 records.`]);
  });

  it("is the log alone where there is no path", async () => {
    const log: string[] = [];
    const parts = { logger: createLogger(log), withCommands: () => false };
    const audit = new AuditFile({ ...parts, path: undefined });

    audit.record(decision());
    await audit.flush();

    assert.equal(log.length, 1);
  });
});
