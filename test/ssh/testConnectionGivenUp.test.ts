import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { describe, it } from "node:test";
import type { HostConnection } from "../../src/ssh/hostConnection";
import { SshConfigFile } from "../../src/ssh/sshConfigFile";
import { SshConnection } from "../../src/ssh/sshConnection";
import { StepReporter } from "../../src/ssh/stepReporter";
import { testConnection, type ConnectWatch } from "../../src/ssh/testConnection";
import type { StepReport } from "../../src/tasks/hostConnections";
import { defaultLimits } from "../../src/tasks/limits";
import type { SignInPrompt } from "../../src/tasks/signInPrompt";
import { TaskError } from "../../src/tasks/taskError";
import { createTestedHost } from "../support/testedHost";
import { createConnectParts } from "../support/createTasks";
import { eventually } from "../support/eventually";
import { settle } from "../support/fakeClock";
import { createPerson } from "../support/person";

describe("an attempt to connect", { timeout: 30_000 }, () => {
  it("is given up with the reason of the signal, so that nobody tries it again", async (t) => {
    const { sshd } = await createTestedHost(t);
    const host = (await SshConfigFile.read(sshd.sshConfigFile)).resolve("web");
    const given = new AbortController();
    const onStep = ({ step }: StepReport): void => {
      if (step === "hostKey") given.abort();
    };

    const opening = SshConnection.open(host, {
      ...createConnectParts(),
      onStep,
      signal: given.signal,
    });

    await assert.rejects(opening, { name: "AbortError" });
  });

  it("that is made again counts once in a test, by its last steps", async () => {
    const reports: StepReport[] = [];
    const open = ({ onStep }: ConnectWatch): Promise<HostConnection> => {
      const steps = new StepReporter("web", onStep);
      for (const attempt of ["first", "second"]) {
        steps.begin("resolve");
        steps.pass(attempt);
        steps.begin("connect");
      }
      return Promise.reject(new TaskError("connectionDropped", "It was dropped."));
    };
    const onStep = (report: StepReport): void => void reports.push(report);

    const { passed, failure } = await testConnection(
      "web",
      { open, follow: (attempt) => attempt, limits: defaultLimits },
      { onStep, signal: new AbortController().signal },
    );

    assert.deepEqual(
      passed.map(({ step, detail }) => [step, detail]),
      [["resolve", "second"]],
    );
    assert.equal(failure?.step?.step, "connect");
    assert.equal(reports.length, 6);
  });

  it("that comes after its test was given up is closed", async () => {
    const given = new AbortController();
    let arrive: (connection: HostConnection) => void = () => undefined;
    const opening = new Promise<HostConnection>((resolve) => (arrive = resolve));
    const testing = testConnection(
      "web",
      { open: () => opening, follow: (attempt) => attempt, limits: defaultLimits },
      { onStep: () => undefined, signal: given.signal },
    );
    given.abort();
    await assert.rejects(testing, { name: "AbortError" });
    let ended = 0;

    const end = (): void => {
      ended++;
    };
    arrive({ end } as HostConnection);
    await settle();

    assert.equal(ended, 1);
  });
});

describe("a connection test and the person", { timeout: 30_000 }, () => {
  it("is asked about an unknown key, and the result says who trusted it", async (t) => {
    const person = createPerson(() => undefined, "once");
    const { sshd, test, edit } = await createTestedHost(t, { prompt: person.prompt });
    await edit("StrictHostKeyChecking yes", "StrictHostKeyChecking ask");
    await writeFile(sshd.knownHostsFile, "");

    const { failure, passed } = await test();

    assert.equal(failure, undefined);
    assert.equal(person.keys.length, 1);
    assert.match(passed[2]?.detail ?? "", /^trusted by you, ssh-ed25519 SHA256:/);
  });

  it("ends when it is given up while they are asked, and takes the question away", async (t) => {
    const closed = new AbortController();
    let asked: AbortSignal | undefined;
    const prompt: SignInPrompt = {
      isPerson: true,
      askSecret: () => Promise.resolve(undefined),
      trustHostKey: (_question, signal) => {
        asked = signal;
        return new Promise(() => undefined);
      },
    };
    const { sshd, hosts, test, edit } = await createTestedHost(t, { prompt });
    await edit("StrictHostKeyChecking yes", "StrictHostKeyChecking ask");
    await writeFile(sshd.knownHostsFile, "");
    const testing = test("web", closed.signal);
    await eventually("they are asked", () => asked);

    closed.abort();

    await assert.rejects(testing, { name: "AbortError" });
    assert.equal(asked?.aborted, true);
    assert.deepEqual(hosts.status("web"), { state: "notConnected" });
  });

  it("leaves nothing open when it is given up while it connects", async (t) => {
    const closed = new AbortController();
    const { sshd, test, reports, edit } = await createTestedHost(t, {
      limits: { signInSeconds: 20 },
    });
    let open = 0;
    const silent = createServer((socket) => {
      open++;
      socket.resume().on("close", () => open--);
    }).listen(0, "127.0.0.1");
    t.after(() => silent.close());
    await once(silent, "listening");
    const { port } = silent.address() as AddressInfo;
    await edit(`Port ${sshd.port}`, `Port ${port}`);
    const testing = test("web", closed.signal);
    await eventually("it connects", () => reports.includes("web hostKey"));

    closed.abort();

    await assert.rejects(testing, { name: "AbortError" });
    await eventually("the server has no connection", () => open === 0);
  });
});
