import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { ConnectionPool, type OpenOptions, type PoolLimits } from "../../src/ssh/connectionPool";
import type { Lease } from "../../src/ssh/lease";
import { ControlChannel } from "../../src/ssh/controlChannel";
import { SshConnection } from "../../src/ssh/sshConnection";
import type { HostConnection } from "../../src/ssh/hostConnection";
import type { SshHostConfig } from "../../src/ssh/hostConfig";
import { signInGivenUp } from "../../src/ssh/signInErrors";
import { SshConfigFile } from "../../src/ssh/sshConfigFile";
import { TaskError } from "../../src/tasks/taskError";
import { createConnectParts } from "../support/createTasks";
import { eventually } from "../support/eventually";
import { startSshd, type Sshd } from "../support/sshd";
import { controlOnly } from "../support/launches";

const limits: PoolLimits = {
  maxConnectionsPerHost: 2,
  maxTasksPerConnection: 2,
  idleConnectionSeconds: 60,
};
const never = new AbortController().signal;

describe("a pool of connections to a real server", { timeout: 60_000 }, () => {
  let sshd: Sshd;
  let host: SshHostConfig;
  let opened: Promise<SshConnection>[];
  let controls: Promise<ControlChannel>[];
  let gate: Promise<void> | undefined;
  const pools: ConnectionPool[] = [];

  before(async () => {
    sshd = await startSshd({ environment: { HOME: "/nonexistent" } });
    host = (await SshConfigFile.read(sshd.sshConfigFile)).resolve(sshd.alias);
  });
  after(() => sshd.close());
  beforeEach(() => {
    opened = [];
    controls = [];
    gate = undefined;
  });
  afterEach(() => {
    for (const pool of pools.splice(0)) pool.dispose();
  });

  /** A pool whose handshakes wait for `gate`, if there is one. */
  function createPool(changes: Partial<PoolLimits> = {}): ConnectionPool {
    const open = (): Promise<SshConnection> => {
      const opening = Promise.resolve(gate).then(() =>
        SshConnection.open(host, createConnectParts()),
      );
      opened.push(opening);
      return opening;
    };
    const openControl = (connection: HostConnection): Promise<ControlChannel> => {
      const control = ControlChannel.open(connection, { alias: "testhost", seconds: 5 });
      controls.push(control);
      return control;
    };
    const pool = new ConnectionPool(open, { ...limits, ...changes }, controlOnly(openControl));
    pools.push(pool);
    return pool;
  }

  const leases = (pool: ConnectionPool, count: number): Promise<Lease>[] =>
    Array.from({ length: count }, () => pool.leaseForTask({ signal: never, starts: true }));

  /** Whether it is not settled once everything had its turn. */
  async function isPending(work: Promise<unknown>): Promise<boolean> {
    const waiting = Symbol();
    await new Promise((resolve) => setImmediate(resolve));
    return (await Promise.race([work, Promise.resolve(waiting)])) === waiting;
  }

  it("shares one handshake between the tasks that wait for it", async () => {
    const [first, second] = await Promise.all(leases(createPool(), 2));

    assert.equal(opened.length, 1);
    assert.equal(first?.connection, second?.connection);
  });

  it("opens another connection when the places of the first are taken, up to its limit", async () => {
    const pool = createPool();
    const four = await Promise.all(leases(pool, 4));

    const fifth = pool.leaseForTask({ signal: never, starts: true });

    assert.equal(await isPending(fifth), true);
    assert.equal(opened.length, 2);
    four[2]?.release();
    assert.equal((await fifth).connection, four[2]?.connection);
  });

  it("serves those who wait in their order", async () => {
    const pool = createPool({ maxConnectionsPerHost: 1, maxTasksPerConnection: 1 });
    const first = await pool.leaseForTask({ signal: never, starts: true });
    const order: string[] = [];
    const second = pool
      .leaseForTask({ signal: never, starts: true })
      .then((lease) => (order.push("second"), lease));
    const third = pool
      .leaseForTask({ signal: never, starts: true })
      .then((lease) => (order.push("third"), lease));

    first.release();
    (await second).release();
    (await third).release();

    assert.deepEqual(order, ["second", "third"]);
    assert.equal(opened.length, 1);
  });

  it("counts a lease that is released twice once", async () => {
    const pool = createPool({ maxConnectionsPerHost: 1, maxTasksPerConnection: 1 });
    const first = await pool.leaseForTask({ signal: never, starts: true });
    const waiting = leases(pool, 2);

    first.release();
    first.release();

    await waiting[0];
    assert.equal(await isPending(Promise.resolve(waiting[1])), true);
  });

  it("never lets a cancel wait behind tasks", async () => {
    const pool = createPool({ maxConnectionsPerHost: 1, maxTasksPerConnection: 1 });
    const task = await pool.leaseForTask({ signal: never, starts: true });
    void pool.leaseForTask({ signal: never, starts: true }).catch(() => undefined);

    const cancel = await pool.leaseForCancel({ fresh: false });

    assert.equal(cancel.connection, task.connection);
    assert.equal(opened.length, 1);
  });

  it("gives a cancel the least busy connection, or on request a new one", async () => {
    const pool = createPool();
    const busy = await Promise.all(leases(pool, 3));

    const shared = await pool.leaseForCancel({ fresh: false });
    const fresh = await pool.leaseForCancel({ fresh: true });

    assert.equal(shared.connection, busy[2]?.connection);
    assert.equal(opened.length, 3);
    assert.ok(busy.every(({ connection }) => connection !== fresh.connection));
  });

  it("lets cancels that come together share the handshakes of new connections", async () => {
    const pool = createPool();

    const all = await Promise.all(
      Array.from({ length: 6 }, () => pool.leaseForCancel({ fresh: true })),
    );

    assert.equal(opened.length, 3, "no more of them on one than tasks");
    assert.equal(new Set(all.map(({ connection }) => connection)).size, 3);
  });

  it("closes a connection that nobody used for a while, and opens a new one for the next", async () => {
    const pool = createPool({ idleConnectionSeconds: 0.05 });
    const first = await pool.leaseForTask({ signal: never, starts: true });
    const cancel = await pool.leaseForCancel({ fresh: false });
    first.release();
    // One that is unused from now on is closed first.
    const unused = await createPool({ idleConnectionSeconds: 0.05 }).leaseForTask({
      signal: never,
      starts: true,
    });
    unused.release();
    await eventually("the unused one is closed", () => !unused.connection.isOpen);
    assert.equal(first.connection.isOpen, true);

    cancel.release();

    await eventually("it is closed", () => !first.connection.isOpen);
    assert.equal(pool.hasOpenConnection, false);
    assert.equal(
      (await pool.leaseForTask({ signal: never, starts: true })).connection.isOpen,
      true,
    );
    assert.equal(opened.length, 3);
  });

  it("replaces a connection that is gone, and serves who waited for its places", async () => {
    const pool = createPool({ maxConnectionsPerHost: 1, maxTasksPerConnection: 1 });
    const first = await pool.leaseForTask({ signal: never, starts: true });
    const waiting = pool.leaseForTask({ signal: never, starts: true });

    sshd.killConnections();

    const second = await waiting;
    assert.notEqual(second.connection, first.connection);
    assert.equal(second.connection.isOpen, true);
    first.release();
    assert.equal(pool.hasOpenConnection, true, "the late release closes nobody else's");
  });

  it("tells everyone who shares it why a connection could not be opened, and tries anew after that", async () => {
    const pool = createPool();
    const { userKnownHostsFiles } = host;
    host = { ...host, userKnownHostsFiles: ["/dev/null"] };

    const refused = await Promise.allSettled(leases(pool, 3));

    host = { ...host, userKnownHostsFiles };
    for (const one of refused)
      assert.ok(one.status === "rejected" && one.reason instanceof TaskError);
    assert.equal(
      (await pool.leaseForTask({ signal: never, starts: true })).connection.isOpen,
      true,
    );
  });

  it("lets go of one who gives up while it opens, and goes on for the others", async () => {
    const pool = createPool({ maxTasksPerConnection: 2, maxConnectionsPerHost: 1 });
    let open = (): void => undefined;
    gate = new Promise((resolve) => (open = resolve));
    const giveUp = new AbortController();
    const given = pool.leaseForTask({ signal: giveUp.signal, starts: true });
    const kept = pool.leaseForTask({ signal: never, starts: true });

    giveUp.abort(new Error("enough"));

    await assert.rejects(given, /enough/);
    open();
    await kept;
    await pool.leaseForTask({ signal: never, starts: true });
    assert.equal(opened.length, 1, "its place is free again");
  });

  it("lets go of one who gives up while it waits for a place", async () => {
    const pool = createPool({ maxConnectionsPerHost: 1, maxTasksPerConnection: 1 });
    const first = await pool.leaseForTask({ signal: never, starts: true });
    const giveUp = new AbortController();
    const given = pool.leaseForTask({ signal: giveUp.signal, starts: true });
    const next = pool.leaseForTask({ signal: never, starts: true });

    giveUp.abort(new Error("enough"));

    await assert.rejects(given, /enough/);
    first.release();
    assert.equal((await next).connection, first.connection);
  });

  it("opens nothing for one who had given up before", async () => {
    const pool = createPool({ maxConnectionsPerHost: 1, maxTasksPerConnection: 1 });

    await assert.rejects(
      pool.leaseForTask({ signal: AbortSignal.abort(new Error("enough")), starts: true }),
      /enough/,
    );
    assert.equal(opened.length, 0);
    await pool.leaseForTask({ signal: never, starts: true });
    await assert.rejects(
      pool.leaseForTask({ signal: AbortSignal.abort(new Error("enough")), starts: true }),
      /enough/,
    );
  });

  it("closes what it has when it is disposed, and what was still opening too", async () => {
    const pool = createPool({ maxTasksPerConnection: 1 });
    const first = await pool.leaseForTask({ signal: never, starts: true });
    let open = (): void => undefined;
    gate = new Promise((resolve) => (open = resolve));
    const second = pool.leaseForTask({ signal: never, starts: true });

    pool.dispose();
    open();

    await eventually("both are closed", async () => {
      return !first.connection.isOpen && !(await second).connection.isOpen;
    });
  });

  it("opens one for a start that has waited for a sign-in which nobody had asked for, and was declined", async () => {
    let decline: (error: Error) => void = () => undefined;
    const declined = new Promise<SshConnection>((_, reject) => (decline = reject));
    const opens: boolean[] = [];
    const open = ({ starts }: OpenOptions): Promise<SshConnection> => {
      opens.push(starts);
      return starts ? SshConnection.open(host, createConnectParts()) : declined;
    };
    const pool = new ConnectionPool(
      open,
      limits,
      controlOnly(() => new Promise(() => undefined)),
    );
    pools.push(pool);
    const cancel = pool.leaseForCancel({ fresh: true });
    const started = pool.leaseForTask({ signal: never, starts: true });

    decline(signInGivenUp("testhost"));

    await assert.rejects(cancel, { code: "signInGivenUp" });
    (await started).release();
    assert.deepEqual(opens, [false, true]);
  });
});
