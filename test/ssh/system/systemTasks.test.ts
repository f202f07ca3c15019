import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { eventually } from "../../support/eventually";
import { createSshTasks } from "../../support/sshHarness";
import { findProcesses, uniqueMarker } from "../../support/processes";
import { SystemSsh, output } from "../../support/systemSsh";

describe("a connection by the system's ssh", { timeout: 60_000 }, () => {
  const ssh = new SystemSsh();
  after(() => ssh.close());

  it("learns how many channels a server gives, and waits for a place", async () => {
    const tasks = await createSshTasks({
      transport: "ssh",
      config: ["MaxSessions 2"],
      limits: { maxConnectionsPerHost: 1 },
    });
    after(() => tasks.close());

    const runs = await Promise.all([1, 2, 3, 4].map((n) => tasks.run(`sleep 0.2; echo ${n}`)));

    assert.deepEqual(
      runs.map(({ stdout }) => stdout),
      ["1\n", "2\n", "3\n", "4\n"],
    );
  });

  it("works where the server gives one channel alone", async () => {
    const tasks = await createSshTasks({
      transport: "ssh",
      config: ["MaxSessions 1", "MaxStartups 1"],
    });
    after(() => tasks.close());
    const id = await tasks.startRunning("sleep 60");

    const outcome = await tasks.cancel(id);

    assert.equal(outcome.receipt?.verified, true);
    assert.equal((await tasks.run("echo again")).stdout, "again\n");
  });

  it("says that it is gone when the server is, and so do its channels", async () => {
    const { sshd, host } = await ssh.serve();
    const connection = await ssh.connect(host);
    const gone = new Promise<string>((resolve) =>
      connection.onDidClose(({ code }) => resolve(code)),
    );
    const marker = uniqueMarker();
    const running = output(connection, `sleep ${marker}`);
    await eventually("it runs", () => findProcesses(marker).length > 0);

    await sshd.close();

    assert.equal(await gone, "connectionLost");
    assert.equal(connection.isOpen, false);
    assert.match(connection.goneBecause?.message ?? "", /was lost \("Connection to \S+ closed/);
    assert.equal(await running, "");
    await assert.rejects(
      connection.openShell(() => undefined),
      { code: "connectionLost" },
    );
  });
});
