import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import type { AuthContext, ServerChannel } from "ssh2";
import { failOn, type FailingHost } from "./support/failedHost";
import { serve, serveLocked } from "./support/failingHosts";
import { callTool, startHeadless } from "./support/headless";
import { createPerson } from "./support/person";
import { SecretWatch } from "./support/secretWatch";
import { startScriptedSshServer } from "./support/scriptedSshServer";
import { isRoot } from "./support/sshHarness";
import { ensurePasswordUser, testPassword } from "./support/testUser";

const canary = (of: string): string => `canary-${of}-${randomBytes(8).toString("hex")}`;
const passphrase = canary("passphrase");
const code = canary("code");
const wrong = canary("wrong");
const secrets = [passphrase, code, wrong, testPassword];
/** Shows what the command was given, and fails. */
const command = "env; exit 3";

function createFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "canary-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A server that asks for a code, and runs commands as the current user. */
async function serveDialog(t: TestContext): Promise<FailingHost> {
  const ask = (context: AuthContext): void => {
    if (context.method !== "keyboard-interactive") context.reject(["keyboard-interactive"]);
    else
      context.prompt([{ prompt: "Code: ", echo: false }], ([answer]) =>
        answer === code ? context.accept() : context.reject(["keyboard-interactive"]),
      );
  };
  const runShell = (channel: ServerChannel): void => {
    const shell = spawn("/bin/sh", ["-s"], { stdio: "pipe" });
    channel.pipe(shell.stdin);
    shell.stdout.pipe(channel, { end: false });
    shell.stderr.pipe(channel.stderr, { end: false });
    shell.on("close", (status) => {
      channel.exit(status ?? 1);
      channel.end();
    });
  };
  const server = await startScriptedSshServer(runShell, ask);
  t.after(() => server.close());
  return { config: server.config };
}

async function servePassword(t: TestContext): Promise<FailingHost> {
  const config = [
    ...["UsePAM yes", "PasswordAuthentication yes", "KbdInteractiveAuthentication yes"],
    "AuthenticationMethods keyboard-interactive password",
  ];
  return serve(t, { user: await ensurePasswordUser(), config });
}

const signIns: readonly {
  readonly by: string;
  readonly right: string;
  readonly host: (t: TestContext) => Promise<FailingHost>;
  readonly asRoot?: boolean;
}[] = [
  { by: "passphrase", right: passphrase, host: (t) => serveLocked(t, passphrase) },
  { by: "password", right: testPassword, host: servePassword, asRoot: true },
  { by: "code", right: code, host: serveDialog },
];

describe("no secret can be seen where others look,", { timeout: 120_000 }, () => {
  for (const { by, right, host, asRoot } of signIns) {
    for (const transport of ["ssh2", "ssh"] as const) {
      for (const isRight of [true, false]) {
        const title = `of a ${isRight ? "right" : "wrong"} ${by}, by ${transport}`;
        it(title, { skip: asRoot && !isRoot && "as root alone" }, async (t) => {
          const stateDir = createFolder(t);
          // Wrong first in any case.
          const given = [wrong, ...(isRight ? [right] : [])];
          const person = createPerson(() => given.shift() ?? wrong);
          const parts = { stateDir, command, prompt: person.prompt, limits: { signInSeconds: 20 } };
          const failing = { ...(await host(t)), ...parts };
          const watch = new SecretWatch(t, secrets);

          const { answer, task, log } = await failOn(t, failing, transport);

          watch.stop([stateDir]);
          watch.check("the log", log.join("\n"));
          watch.check("the result", JSON.stringify([answer, task]));
          assert.deepEqual([...watch.found], []);
          assert.ok(person.asked.length > 1, "asked again after a wrong answer");
          assert.equal(answer["exit_code"], isRight ? 3 : -1, JSON.stringify(answer));
          assert.match(readFileSync(join(stateDir, "audit.jsonl"), "utf8"), /"exit 3"|exit 3/);
          if (transport === "ssh2") return;
          const isAskpass = (line: string): boolean => /ssh-tasks-\w+\/askpass/.test(line);
          assert.ok([...watch.commands].some(isAskpass), "the questions of ssh were seen");
        });
      }
    }
  }

  for (const transport of ["ssh2", "ssh"] as const) {
    for (const way of ["--secret-env", "--secrets-fd"] as const) {
      it(`of those that the headless server is given by ${way}, by ${transport}`, async (t) => {
        const stateDir = createFolder(t);
        const [right, other] = [await serveLocked(t, passphrase), await serveLocked(t, code)];
        const hosts = [
          ["build01", ...right.config],
          ["build02", ...other.config],
        ];
        const sshConfigFile = join(createFolder(t), "config");
        const lines = hosts.map(([alias, ...own]) => [`Host ${alias}`, ...own].join("\n"));
        await writeFile(sshConfigFile, `${lines.join("\n")}\n`);
        const known = join(createFolder(t), "known_hosts");
        const files = [right, other].map(({ sshd }) => readFileSync(sshd.knownHostsFile, "utf8"));
        await writeFile(known, files.join(""));
        const names = [right, other].map(({ sshd }) => `passphrase:${join(sshd.dir, "locked")}`);
        const [name = "", otherName = ""] = names;
        const flags = {
          "--secret-env": ["--secret-env", `${name}=RIGHT`, "--secret-env", `${otherName}=OTHER`],
          "--secrets-fd": ["--secrets-fd", "3"],
        };
        const given =
          way === "--secret-env"
            ? { environment: { RIGHT: passphrase, OTHER: wrong } }
            : { secrets: JSON.stringify({ [name]: passphrase, [otherName]: wrong }) };
        const state = ["--allow-all", "--verbose", "--audit-commands", "--state-dir", stateDir];
        // The kernel shows what a process was started with, whatever it has done about that since; and of what it starts, for
        // the moment until that is another program.
        const isServer = (line: string): boolean => line.includes(stateDir);
        const watch = new SecretWatch(
          t,
          secrets,
          (line) => way === "--secret-env" && isServer(line),
        );
        const server = await startHeadless(
          { sshConfigFile, knownHostsFile: known },
          [...state, ...flags[way], "--transport", transport],
          [],
          given,
        );
        t.after(() => server.close("SIGKILL"));
        const client = await server.connect();

        const answers = [
          await callTool(client, "ssh_run", { alias: "build01", command }),
          await callTool(client, "ssh_run", { alias: "build02", command }),
        ];

        await server.close();
        watch.stop([stateDir]);
        watch.check("the log", server.log() + server.output());
        watch.check("the results", JSON.stringify(answers));
        assert.deepEqual([...watch.found], []);
        assert.deepEqual(
          answers.map((answer) => answer["exit_code"]),
          [3, -1],
        );
        assert.match(JSON.stringify(answers[1]), /its passphrase was wrong/);
        assert.match(server.log(), /^debug: build01: .*(?:it took|Server accepts key: )/m);
      });
    }
  }
});
