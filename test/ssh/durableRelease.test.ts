import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { ConnectionPool } from "../../src/ssh/connectionPool";
import { ControlChannel } from "../../src/ssh/controlChannel";
import { DurableChannel } from "../../src/ssh/durableChannel";
import { DurableTask } from "../../src/ssh/durableTask";
import { SshConfigFile, type SshHostConfig } from "../../src/ssh/sshConfigFile";
import { SshConnection } from "../../src/ssh/sshConnection";
import { notDurable, perlMissing } from "../../src/ssh/sshErrors";
import { Emitter } from "../../src/tasks/lifecycle";
import { defaultLimits } from "../../src/tasks/limits";
import type { Launch } from "../../src/tasks/remoteHost";
import { createConnectParts } from "../support/createTasks";
import { eventually } from "../support/eventually";
import { createLaunch } from "../support/launches";
import { uniqueMarker } from "../support/processes";
import { startSshd, type Sshd } from "../support/sshd";

/** Longer than the first pause before a task tries again to be followed. */
const pauseMs = 800;
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, pauseMs));

/** What the test lets pass when it likes. */
function createGate() {
  let open = (): void => undefined;
  let asked = 0;
  const opened = new Promise<void>((resolve) => (open = resolve));
  const pass = async (): Promise<void> => {
    asked++;
    await opened;
  };
  return { pass, open: () => open(), asked: () => asked };
}

describe("a durable task that is let go of", { timeout: 60_000 }, () => {
  let sshd: Sshd;
  let host: SshHostConfig;
  let state: string;
  const pools: ConnectionPool[] = [];
  before(async () => {
    state = mkdtempSync(join(tmpdir(), "ssh-tasks-test-"));
    const environment = { HOME: "/nonexistent", XDG_STATE_HOME: state };
    sshd = await startSshd({ environment, endProcessesOnClose: true });
    host = (await SshConfigFile.read(sshd.sshConfigFile)).resolve(sshd.alias);
  });
  afterEach(() => {
    for (const pool of pools.splice(0)) pool.dispose();
  });
  after(async () => {
    await sshd.close();
    rmSync(state, { recursive: true, force: true });
  });

  interface Gates {
    readonly connection?: () => Promise<void>;
    readonly channel?: () => Promise<void>;
    /** Whether it was started by another window. */
    readonly adopted?: boolean;
  }

  /** A task over a pool of its own, whose connections end soon after their last use. */
  function start({ connection, channel, adopted }: Gates, changes: Partial<Launch> = {}) {
    const asked: Promise<SshConnection>[] = [];
    const open = (): Promise<SshConnection> => {
      const opening = Promise.resolve(connection?.()).then(() =>
        SshConnection.open(host, createConnectParts()),
      );
      asked.push(opening);
      return opening;
    };
    const { alias } = sshd;
    const options = { alias, seconds: 10, spoolBytes: 1 << 30, keepDays: 7 };
    const limits = { ...defaultLimits, idleConnectionSeconds: 0.2 };
    const pool = new ConnectionPool(open, limits, {
      control: (opened) => ControlChannel.open(opened, options),
      durable: async (opened) => {
        await channel?.();
        return DurableChannel.open(opened, options);
      },
    });
    pools.push(pool);
    const taskId = `${alias}:${uniqueMarker()}:1`;
    const onDidConnect = new Emitter<string>(() => undefined).event;
    const ran = join(state, taskId);
    const launch = createLaunch({ taskId, command: `>'${ran}'`, durable: true, ...changes });
    const at = { alias, limits, pool: Promise.resolve(pool), onDidConnect };
    const from = { stdout: 0, stderr: 0 };
    const remote = adopted
      ? DurableTask.adopt(at, { ...launch, process: undefined, follow: true, from })
      : DurableTask.start(at, launch);
    /** A lease that is left would keep its connection open; a retry would ask for another one. */
    const leavesNothing = async (connections: number): Promise<void> => {
      await Promise.allSettled(asked);
      await eventually("no connection is in use", () => !pool.hasOpenConnection, 5000);
      await pause();
      assert.equal(asked.length, connections);
      assert.equal(pool.hasOpenConnection, false);
    };
    const hasRun = (): boolean => existsSync(ran);
    return { remote, leavesNothing, hasRun };
  }

  it("while it is being connected has no lease and is not started", async () => {
    const gate = createGate();
    const { remote, leavesNothing, hasRun } = start({ connection: gate.pass });
    await eventually("it connects", () => gate.asked() === 1);

    remote.release();
    gate.open();

    await leavesNothing(1);
    assert.equal((await remote.ended).kind, "neverRan");
    assert.equal(hasRun(), false);
  });

  for (const [what, failure] of [
    ["is opened", undefined],
    ["is refused for a host without perl", perlMissing("build01")],
    ["is refused for a host that can keep no task", notDurable("build01", "it has no POSIX shell")],
  ] as const) {
    it(`while its channel ${what} has no lease and is not started`, async () => {
      const gate = createGate();
      const channel = async (): Promise<void> => {
        await gate.pass();
        if (failure) throw failure;
      };
      let admitted = 0;
      const admit = (): Promise<void> => Promise.resolve(void admitted++);
      const { remote, leavesNothing, hasRun } = start({ channel }, { admit });
      await eventually("its channel is asked for", () => gate.asked() === 1);

      remote.release();
      gate.open();

      await leavesNothing(1);
      assert.equal(hasRun(), false);
      assert.equal(admitted, 0);
    });
  }

  it("while it waits to be admitted has no lease and is not started", async () => {
    const gate = createGate();
    const { remote, leavesNothing, hasRun } = start({}, { admit: gate.pass });
    await eventually("it waits", () => gate.asked() === 1);

    remote.release();

    await leavesNothing(1);
    gate.open();
    await pause();
    assert.equal(hasRun(), false);
  });

  it("when its host was asked to start it has no lease", async () => {
    const { remote, leavesNothing, hasRun } = start({});
    await remote.started;

    remote.release();

    await leavesNothing(1);
    await eventually("it runs on", hasRun);
  });

  it("while it waits to try again does not try again", async () => {
    let refused = 0;
    const connection = (): Promise<void> => {
      refused++;
      return Promise.reject(new Error("refused"));
    };
    const { remote, leavesNothing } = start({ connection, adopted: true });
    await eventually("it was refused", () => refused === 1);

    remote.release();

    await leavesNothing(1);
  });
});
