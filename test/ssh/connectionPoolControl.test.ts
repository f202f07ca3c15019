import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { ConnectionPool } from "../../src/ssh/connectionPool";
import { ControlChannel } from "../../src/ssh/controlChannel";
import { SshConnection } from "../../src/ssh/sshConnection";
import type { SshHostConfig } from "../../src/ssh/hostConfig";
import { SshConfigFile } from "../../src/ssh/sshConfigFile";
import { createConnectParts } from "../support/createTasks";
import { startSshd, type Sshd } from "../support/sshd";
import { controlOnly } from "../support/launches";

const never = new AbortController().signal;

describe("the shells for cancels of a pool", { timeout: 60_000 }, () => {
  let sshd: Sshd;
  let host: SshHostConfig;
  const pools: ConnectionPool[] = [];
  before(async () => {
    sshd = await startSshd({ environment: { HOME: "/nonexistent" } });
    host = (await SshConfigFile.read(sshd.sshConfigFile)).resolve(sshd.alias);
  });
  after(() => sshd.close());
  afterEach(() => {
    for (const pool of pools.splice(0)) pool.dispose();
  });

  /** A pool, and the control channels that it opens. */
  function createPool() {
    const controls: Promise<ControlChannel>[] = [];
    const pool = new ConnectionPool(
      () => SshConnection.open(host, createConnectParts()),
      { maxConnectionsPerHost: 2, maxTasksPerConnection: 2, idleConnectionSeconds: 60 },
      controlOnly((connection) => {
        const control = ControlChannel.open(connection, { alias: "testhost", seconds: 5 });
        controls.push(control);
        return control;
      }),
    );
    pools.push(pool);
    return { pool, controls };
  }

  it("has one control channel, made before a cancel needs it, to which every cancel comes", async () => {
    const { pool, controls } = createPool();
    await Promise.all([1, 2, 3].map(() => pool.leaseForTask({ signal: never, starts: true })));

    pool.prepareControl();
    pool.prepareControl();
    await controls[0];
    const cancels = await Promise.all([1, 2].map(() => pool.leaseForCancel({ fresh: false })));
    const channels = await Promise.all(cancels.map((lease) => lease.control()));

    assert.equal(controls.length, 1);
    assert.equal(new Set(channels).size, 1);
  });

  it("prepares no control channel where there is no connection", () => {
    const { pool, controls } = createPool();

    pool.prepareControl();

    assert.deepEqual([pool.hasOpenConnection, controls.length], [false, 0]);
  });

  it("opens another control channel once the one it had is closed", async () => {
    const { pool, controls } = createPool();
    const cancel = await pool.leaseForCancel({ fresh: false });
    const first = await cancel.control();

    first.close();
    const [second, same] = await Promise.all([cancel.control(), cancel.control()]);

    assert.deepEqual([second.isOpen, second === first, second === same], [true, false, true]);
    assert.equal(controls.length, 2);
  });
});
