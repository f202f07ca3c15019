import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import type { Connection, ServerChannel } from "ssh2";
import { ControlChannel } from "../../src/ssh/controlChannel";
import { SshConfigFile } from "../../src/ssh/sshConfigFile";
import { SshConnection } from "../../src/ssh/sshConnection";
import type { CancelReport } from "../../src/tasks/remoteHost";
import { createConnectParts } from "../support/createTasks";
import { eventually } from "../support/eventually";
import { uniqueMarker } from "../support/processes";
import { startScriptedSshServer } from "../support/scriptedSshServer";
import { startSshd } from "../support/sshd";

const target = {
  taskId: "build01:1:1",
  leader: "1:1",
  bootId: "boot",
  supervisor: "2",
  reaper: "reaper",
};
const never = new AbortController().signal;

/** A line that the host was sent, and how it answers it. */
interface Heard {
  readonly line: string;
  readonly say: (...words: readonly string[]) => void;
  readonly channel: ServerChannel;
  readonly connection: Connection;
}

/** A control channel to a host that answers requests as the test says; all ends with the test. */
async function createControl(t: TestContext, answer: (heard: Heard) => void) {
  const lines: string[] = [];
  const server = await startScriptedSshServer((channel, connection) => {
    let text = "";
    channel.on("data", (bytes: Buffer) => {
      text += bytes.toString();
      const own = /'st_control' '([0-9a-f]{32})' '7'; exit \$\?; }\n/.exec(text);
      if (own) {
        channel.write(`Welcome!\n\n${own[1]} READY\n`);
        text = text.slice(own.index + own[0].length);
      }
      if (text.includes("st_control()")) return; // the script has more to come
      const whole = text.split("\n");
      text = whole.pop() ?? "";
      for (const line of whole) {
        lines.push(line);
        const nonce = line.split(" ")[1] ?? "";
        const say = (...words: readonly string[]): void =>
          void channel.write(words.map((word) => `${nonce} ${word}\n`).join(""));
        answer({ line, say, channel, connection });
      }
    });
  });
  const connection = await server.connect();
  t.after(async () => {
    connection.end();
    await server.close();
  });
  const control = await ControlChannel.open(connection, { alias: "build01", seconds: 4 });
  const cancel = (graceSeconds = 0, force = never, beginSeconds = 2): Promise<CancelReport> =>
    control.cancel(target, { graceSeconds, force }, beginSeconds);
  return { control, cancel, lines };
}

describe("a control channel", { timeout: 60_000 }, () => {
  it("sends the target and the grace, and gives what the host reports", async (t) => {
    const { cancel, lines } = await createControl(t, ({ say }) =>
      say("BEGIN", "FOUND 2 1", "SIGNAL TERM 2", "END gone"),
    );

    const report = await cancel(3);

    assert.match(lines.join(), /^cancel [0-9a-f]{32} build01:1:1 1:1 boot 2 reaper 300$/);
    assert.deepEqual([report.gone, report.processesFound, report.signals.length], [true, 2, 1]);
  });

  it("takes each answer for the request that it belongs to, in whatever order they come", async (t) => {
    const heard: Heard[] = [];
    const { cancel, control } = await createControl(t, (one) => heard.push(one));
    const first = cancel();
    const second = cancel();
    const list = control.list(target, 2);
    await eventually("all were sent", () => heard.length === 3);

    heard[2]?.say("BEGIN", "PROCESS 3 2 1 dev x", "END listed");
    heard[1]?.say("BEGIN", "FOUND 2 1", "END gone");
    heard[0]?.say("BEGIN", "FOUND 1 1", "END never");

    assert.equal((await list).length, 1);
    assert.equal((await second).processesFound, 2);
    assert.equal((await first).neverRan, true);
  });

  it("takes no word of one who does not know the nonce", async (t) => {
    const { cancel } = await createControl(t, ({ channel, say }) => {
      channel.write("BEGIN\nother BEGIN\nother END gone\nWelcome! END gone\n");
      say("BEGIN", "LEFT 1 root x", "END left");
    });

    assert.equal((await cancel()).gone, false);
  });

  it("ends the grace on the host when it is forced, once the host has begun", async (t) => {
    const force = new AbortController();
    let begun: Heard | undefined;
    const { cancel, lines } = await createControl(t, (heard) => {
      if (heard.line.startsWith("cancel")) begun = heard;
      else begun?.say("END gone");
    });
    const running = cancel(30, force.signal);
    await eventually("it was asked", () => begun);

    force.abort();
    begun?.say("BEGIN");

    assert.equal((await running).gone, true);
    assert.match(lines.at(-1) ?? "", /^force [0-9a-f]{32}$/);
    assert.equal(lines.at(-1)?.split(" ")[1], lines[0]?.split(" ")[1]);
  });

  it("ends the grace also when it is forced after the host has begun", async (t) => {
    const force = new AbortController();
    let begun: Heard | undefined;
    const { cancel } = await createControl(t, (heard) => {
      if (heard.line.startsWith("force")) return begun?.say("END gone");
      begun = heard;
      heard.say("BEGIN", "SIGNAL TERM 1");
      return undefined;
    });
    const running = cancel(30, force.signal);
    await eventually("it was asked", () => begun);

    force.abort();

    assert.equal((await running).gone, true);
  });

  it("sends no grace at all when it is forced from the start", async (t) => {
    const { cancel, lines } = await createControl(t, ({ say }) => say("BEGIN", "END gone"));

    await cancel(9, AbortSignal.abort());

    assert.match(lines[0] ?? "", / reaper 0$/);
  });

  it("rejects when the host does not begin in time, and is asked nothing more; who waits is answered", async (t) => {
    const heard: Heard[] = [];
    const { cancel, control } = await createControl(t, (one) => heard.push(one));
    const other = control.list(target, 60);

    await assert.rejects(cancel(0, never, 1), /did not answer the cancel within 1 s/);

    assert.equal(control.isOpen, false);
    heard[1]?.say("BEGIN", "END gone");
    heard[0]?.say("BEGIN", "END listed");
    assert.deepEqual(await other, []);
    await assert.rejects(control.list(target, 60), { code: "connectionLost" });
    assert.equal(heard.length, 2);
  });

  it("waits longer while the host answers others", async (t) => {
    const heard: Heard[] = [];
    const { cancel, control } = await createControl(t, (one) => heard.push(one));
    const other = control.list(target, 60);
    const cancelling = cancel(0, never, 1);
    await eventually("both are asked", () => heard.length === 2);

    for (let n = 0; n < 4; n++) {
      heard[0]?.say("PROCESS 1 1 1 root init");
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    heard[1]?.say("BEGIN", "FOUND 0 0", "END gone");

    assert.equal((await cancelling).gone, true);
    heard[0]?.say("END listed");
    assert.equal((await other).length, 4);
  });

  it("has the host forget tasks, those at once that are asked for while it does so", async (t) => {
    const heard: Heard[] = [];
    const { control } = await createControl(t, (one) => heard.push(one));
    const ids = Array.from({ length: 25 }, (_, n) => `build01:1:${n}`);

    const removals = ["build01:1:first", ...ids].map((id) => control.remove(id));
    for (const [index, count] of [20, 6].entries()) {
      await eventually("it is asked", () => heard.length === index + 1);
      const words = heard[index]?.line.split(" ") ?? [];
      assert.deepEqual([words[0], words.length], ["remove", 2 + count]);
      heard[index]?.say("END removed");
    }

    await Promise.all(removals);
    assert.equal(control.isOpen, true);
  });

  it(
    "asks nothing more of a host that does not forget tasks in time",
    { timeout: 30_000 },
    async (t) => {
      const heard: Heard[] = [];
      const { control } = await createControl(t, (one) => heard.push(one));

      await Promise.all(Array.from({ length: 30 }, (_, n) => control.remove(`build01:1:${n}`)));

      assert.deepEqual([heard.length, control.isOpen], [1, false]);
    },
  );

  it("is given up after the grace and 8 s when the host does not end, and keeps what was seen", async (t) => {
    const { cancel } = await createControl(t, ({ say }) =>
      say("BEGIN", "FOUND 2 1", "SIGNAL TERM 2"),
    );

    const report = await cancel();

    assert.deepEqual([report.gone, report.signals.length], [false, 1]);
    assert.match(String(report.reason), /did not finish the cancel within 8 s/);
  });

  for (const [title, end] of [
    ["closes the channel", ({ channel }: Heard) => channel.end()],
    ["drops the connection", ({ connection }: Heard) => connection.end()],
  ] as const) {
    it(`does not call gone what nobody said was, when the host ${title}`, async (t) => {
      const force = new AbortController();
      const { cancel, control } = await createControl(t, (heard) => {
        heard.say("BEGIN", "FOUND 1 1");
        end(heard);
      });

      const report = await cancel(5, force.signal);

      force.abort(); // too late to be heard, and no harm
      assert.equal(report.gone, false);
      assert.match(String(report.reason), /lost/);
      assert.equal(control.isOpen, false);
      await assert.rejects(cancel(), /lost/);
    });
  }

  it("rejects where no shell says that it is ready, in time or when it ends", async (t) => {
    let end: (channel: ServerChannel) => unknown = () => undefined;
    const server = await startScriptedSshServer((channel) => void end(channel));
    const connection = await server.connect();
    t.after(async () => {
      connection.end();
      await server.close();
    });
    const open = () => ControlChannel.open(connection, { alias: "build01", seconds: 1 });

    await assert.rejects(open(), /did not start a shell for cancels within 1 s/);
    end = (channel) => channel.end();
    await assert.rejects(open(), /lost/);
  });

  it("asks a real host, several things at once", async (t) => {
    const sshd = await startSshd({ environment: { HOME: "/nonexistent" } });
    const config = (await SshConfigFile.read(sshd.sshConfigFile)).resolve(sshd.alias);
    const connection = await SshConnection.open(config, createConnectParts());
    t.after(async () => {
      connection.end();
      await sshd.close();
    });
    const control = await ControlChannel.open(connection, { alias: sshd.alias, seconds: 10 });
    t.after(() => control.close());
    const known = { leader: "999999999:1", supervisor: "", bootId: "", reaper: "reaper" };
    const ask = () => ({ ...known, taskId: `build01:${uniqueMarker()}:1` });

    const [list, ...reports] = await Promise.all([
      control.list(ask(), 5),
      ...[1, 2, 3].map(() => control.cancel(ask(), { graceSeconds: 0, force: never }, 5)),
    ]);

    assert.deepEqual(list, []);
    for (const { gone, processesFound } of reports)
      assert.deepEqual([gone, processesFound], [true, 0]);
  });
});
