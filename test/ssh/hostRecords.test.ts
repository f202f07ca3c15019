import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { HostConnection } from "../../src/ssh/hostConnection";
import { HostRecords } from "../../src/ssh/hostRecords";
import { Emitter } from "../../src/tasks/lifecycle";
import { TaskError } from "../../src/tasks/taskError";
import { settle } from "../support/fakeClock";

function createRecords() {
  const fail = (error: unknown): void => {
    throw error;
  };
  const records = new HostRecords(fail);
  const changes: string[] = [];
  records.onDidChange((alias) => changes.push(`${alias} ${records.status(alias).state}`));
  /** An attempt under way, which the test lets succeed or fail. */
  const attempt = (alias = "web") => {
    const closed = new Emitter<TaskError>(fail);
    const connection = { onDidClose: closed.event } as HostConnection;
    let open = (): void => undefined;
    let refuse: (why: Error) => void = open;
    const opening = new Promise<HostConnection>((resolve, reject) => {
      open = () => resolve(connection);
      refuse = reject;
    });
    records.follow(alias, opening).catch(() => undefined);
    const close = (): void => closed.fire(new TaskError("connectionLost", "Gone."));
    return { open, refuse, close };
  };
  return { records, changes, attempt };
}

const refused = new TaskError("connectionRefused", "Nobody there. Check the port.");

describe("the record of a host", () => {
  it("follows a connection from the attempt to its end", async () => {
    const { records, changes, attempt } = createRecords();
    assert.deepEqual(records.status("web"), { state: "notConnected" });
    const { open, close } = attempt();
    open();
    await settle();
    close();

    assert.deepEqual(changes, ["web connecting", "web connected", "web notConnected"]);
    const status = records.status("web");
    assert.ok(status.state === "notConnected" && Date.now() - Number(status.reachedAt) < 5000);
    assert.deepEqual(records.status("other"), { state: "notConnected" });
  });

  it("keeps why the last attempt failed, until one succeeds", async () => {
    const { records, attempt } = createRecords();
    attempt().refuse(refused);
    await settle();

    const status = records.status("web");
    assert.ok(status.state === "failed");
    const { at, ...failure } = status.failure;
    assert.deepEqual(failure, { code: "connectionRefused", message: refused.message });
    assert.ok(Date.now() - at < 5000);

    const { open, close } = attempt();
    assert.equal(records.status("web").state, "connecting");
    open();
    await settle();
    close();
    assert.equal(records.status("web").state, "notConnected");
  });

  it("counts the open connections, and says when one more could not be opened", async () => {
    const { records, attempt } = createRecords();
    attempt().open();
    attempt().open();
    await settle();
    assert.deepEqual(records.status("web"), { state: "connected", connections: 2 });

    attempt().refuse(refused);
    await settle();

    const status = records.status("web");
    assert.ok(status.state === "connected" && status.failure?.code === "connectionRefused");
    assert.equal(status.connections, 2);
  });

  it("does not take what was given up for a failure of the host", async () => {
    const { records, changes, attempt } = createRecords();

    attempt().refuse(new Error("aborted"));
    await settle();

    assert.deepEqual(records.status("web"), { state: "notConnected" });
    assert.deepEqual(changes, ["web connecting", "web notConnected"]);
  });
});
