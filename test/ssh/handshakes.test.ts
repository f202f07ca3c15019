import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Handshakes } from "../../src/ssh/handshakes";
import { SshConfigFile } from "../../src/ssh/sshConfigFile";
import { SshConnection } from "../../src/ssh/sshConnection";
import { TaskError } from "../../src/tasks/taskError";
import { createConnectParts } from "../support/createTasks";
import { settle } from "../support/fakeClock";
import { startSshd } from "../support/sshd";

const patient = { urgent: false };

/** Sign-ins that end when the test says so. */
function createSignIns(maxHandshakesPerHost: number) {
  const handshakes = new Handshakes({ maxHandshakesPerHost });
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const open = (name: string, how = patient): Promise<string> =>
    handshakes.open(() => {
      begun.push(name);
      return new Promise((resolve) => ends.set(name, () => resolve(name)));
    }, how);
  const end = async (name: string): Promise<void> => {
    ends.get(name)?.();
    await settle();
  };
  return { begun, open, end };
}

function dropped(): TaskError {
  return new TaskError("connectionDropped", "dropped");
}

describe("sign-ins at one server", () => {
  it("are a few at a time, in the order in which they came", async () => {
    const { begun, open, end } = createSignIns(2);
    const all = ["1", "2", "3", "4"].map((name) => open(name));
    await settle();

    assert.deepEqual(begun, ["1", "2"]);
    await end("2");
    assert.deepEqual(begun, ["1", "2", "3"]);
    await end("1");
    await end("3");
    await end("4");

    assert.deepEqual(await Promise.all(all), ["1", "2", "3", "4"]);
  });

  it("wait for nobody when they are urgent", async () => {
    const { begun, open, end } = createSignIns(1);
    const all = [open("1"), open("2"), open("cancel", { urgent: true })];
    await settle();

    assert.deepEqual(begun, ["1", "cancel"]);
    for (const name of ["1", "cancel", "2"]) await end(name);

    await Promise.all(all);
  });

  it("let the next one in when one fails", async () => {
    const handshakes = new Handshakes({ maxHandshakesPerHost: 1 });
    const refused = new TaskError("signInFailed", "refused");

    const first = handshakes.open(() => Promise.reject(refused), patient);
    const second = handshakes.open(() => Promise.resolve("in"), patient);

    await assert.rejects(first, refused);
    assert.equal(await second, "in");
  });

  it("are tried again when the server dropped them", async () => {
    const handshakes = new Handshakes({ maxHandshakesPerHost: 1 });
    let attempts = 0;

    const opened = await handshakes.open(
      () => (++attempts < 3 ? Promise.reject(dropped()) : Promise.resolve("in")),
      patient,
    );

    assert.equal(opened, "in");
    assert.equal(attempts, 3);
  });

  it("fail as the last attempt does, and at once for any other reason", async () => {
    const handshakes = new Handshakes({ maxHandshakesPerHost: 2 });
    let [drops, refusals] = [0, 0];

    const droppedAlways = handshakes.open(() => (drops++, Promise.reject(dropped())), patient);
    const refused = handshakes.open(
      () => (refusals++, Promise.reject(new TaskError("signInFailed", "refused"))),
      patient,
    );

    await assert.rejects(refused, { code: "signInFailed" });
    await assert.rejects(droppedAlways, { code: "connectionDropped" });
    assert.deepEqual([drops, refusals], [5, 1]);
  });
});

describe("a real server that drops what is above MaxStartups", { timeout: 60_000 }, () => {
  it("lets everybody in after all", async () => {
    const sshd = await startSshd({ config: ["MaxStartups 1:100:1"] });
    try {
      const host = (await SshConfigFile.read(sshd.sshConfigFile)).resolve(sshd.alias);
      const log: string[] = [];
      const handshakes = new Handshakes({ maxHandshakesPerHost: 4 });
      const open = (): Promise<SshConnection> => SshConnection.open(host, createConnectParts(log));
      let attempts = 0;

      const connections = await Promise.all(
        Array.from({ length: 4 }, () => handshakes.open(() => (attempts++, open()), patient)),
      );

      assert.ok(connections.every(({ isOpen }) => isOpen));
      assert.ok(attempts > 4, "the server dropped some");
      for (const connection of connections) connection.end();
    } finally {
      await sshd.close();
    }
  });
});
