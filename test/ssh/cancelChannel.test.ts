import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import type { Connection, ServerChannel } from "ssh2";
import { CancelChannel } from "../../src/ssh/cancelChannel";
import { eventually } from "../support/eventually";
import { startScriptedSshServer } from "../support/scriptedSshServer";

const target = { taskId: "build01:1:1", leader: "1:1", bootId: "boot" };

/** A cancel over a connection to a host that answers it as the test says; all ends with the test. */
async function createCancel(
  t: TestContext,
  answer: (say: (line: string) => void, channel: ServerChannel, connection: Connection) => void,
  graceSeconds = 0,
) {
  let heard = "";
  const server = await startScriptedSshServer((channel, connection) => {
    channel.on("data", (bytes: Buffer) => {
      heard += bytes.toString();
      const nonce = /'st_cancel' '([0-9a-f]{32})'/.exec(bytes.toString())?.[1];
      if (nonce !== undefined)
        answer((line) => channel.write(`${nonce} ${line}\n`), channel, connection);
    });
  });
  const connection = await server.connect();
  t.after(async () => {
    connection.end();
    await server.close();
  });
  const force = new AbortController();
  const cancel = new CancelChannel("build01", { graceSeconds, force: force.signal }, 4);
  return { running: cancel.run(connection, target), force, heard: () => heard };
}

describe("a cancel over a channel of its own", { timeout: 60_000 }, () => {
  it("sends the target and the grace, and gives what the host reports", async (t) => {
    const { running, heard } = await createCancel(
      t,
      (say) => ["BEGIN", "FOUND 2 1", "SIGNAL TERM 2", "END gone"].forEach(say),
      3,
    );

    const report = await running;

    assert.match(heard(), /'st_cancel' '[0-9a-f]{32}' 'build01:1:1' '1:1' 'boot' '300'/);
    assert.deepEqual([report.gone, report.processesFound, report.signals.length], [true, 2, 1]);
  });

  it("ends the grace on the host when it is forced, once the host has begun", async (t) => {
    const { running, force, heard } = await createCancel(
      t,
      (say, channel) => {
        say("BEGIN");
        channel.on("data", (bytes: Buffer) => {
          if (bytes.toString() === "force\n") say("END gone");
        });
      },
      30,
    );

    force.abort();

    assert.equal((await running).gone, true);
    assert.match(heard(), /force\n$/);
  });

  it("sends no grace at all when it is forced from the start", async (t) => {
    const force = AbortSignal.abort();
    const server = await startScriptedSshServer((channel) => {
      channel.on("data", (bytes: Buffer) => {
        const [, nonce, grace] = /'st_cancel' '(\w+)'.* '(\d+)'; exit/.exec(bytes.toString()) ?? [];
        if (nonce !== undefined)
          channel.write(`${nonce} BEGIN\n${nonce} LEFT 1 ${grace} x\n${nonce} END left\n`);
      });
    });
    t.after(() => server.close());
    const connection = await server.connect();

    const { left } = await new CancelChannel("a", { graceSeconds: 9, force }, 4).run(
      connection,
      target,
    );

    assert.equal(left[0]?.user, "0");
    connection.end();
  });

  it("is given up after 4 s when the host does not begin", async (t) => {
    const began = Date.now();
    const { running } = await createCancel(t, (_, channel) => channel.write("Welcome!\n"));

    const report = await running;

    // The script was sent: nobody knows what it did.
    assert.equal(report.gone, false);
    assert.equal(report.mainProcessFound, undefined);
    assert.match(report.reason ?? "", /did not answer the cancel within 4 s/);
    assert.ok(Date.now() - began < 6000);
  });

  it("is given up after the grace and 8 s when the host does not end, and keeps what was seen", async (t) => {
    const { running } = await createCancel(t, (say) =>
      ["BEGIN", "FOUND 2 1", "SIGNAL TERM 2"].forEach(say),
    );

    const report = await running;

    assert.equal(report.gone, false);
    assert.equal(report.signals.length, 1);
    assert.match(String(report.reason), /did not finish the cancel within 8 s/);
  });

  for (const [title, end] of [
    ["closes the channel", (channel: ServerChannel) => channel.end()],
    ["drops the connection", (_: ServerChannel, connection: Connection) => connection.end()],
  ] as const) {
    it(`does not call gone what nobody said was, when the host ${title}`, async (t) => {
      const { running, force } = await createCancel(t, (say, channel, connection) => {
        say("BEGIN");
        say("FOUND 1 1");
        end(channel, connection);
      });

      const report = await running;

      force.abort(); // too late to be heard, and no harm
      assert.equal(report.gone, false);
      assert.match(String(report.reason), /lost/);
    });
  }

  it("survives being forced at the very moment the connection goes", async (t) => {
    let drop = (): void => undefined;
    const { running, force, heard } = await createCancel(t, (say, _, connection) => {
      say("BEGIN");
      drop = () => connection.end();
    });
    await eventually("it has begun", () => heard() !== "" && drop.name === "drop");

    drop();
    force.abort();

    assert.equal((await running).gone, false);
  });
});
