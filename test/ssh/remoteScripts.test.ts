import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { attachedScript, controlScript, requestLine } from "../../src/ssh/remoteScripts";
import { requireProgram } from "../support/childProcesses";
import { uniqueMarker } from "../support/processes";

const shells: readonly (readonly [string, ...string[]])[] = [
  ["dash"],
  ["bash"],
  ["busybox", "ash"],
];

/** Sends a script to a shell as a channel does, and then the end of its input or nothing more. */
async function send(
  [program, ...args]: readonly [string, ...string[]],
  script: Buffer,
  { end = false } = {},
) {
  const child = spawn(requireProgram(program), [...args, "-s"], {
    env: { PATH: process.env.PATH, HOME: "/nonexistent", SHELL: "/bin/bash" },
    stdio: ["pipe", "pipe", "ignore"],
  });
  const chunks: Buffer[] = [];
  child.stdout.on("data", (bytes: Buffer) => chunks.push(bytes));
  child.stdin.on("error", () => undefined); // it may end before it has read all
  child.stdin.write(script);
  if (end) child.stdin.end();
  child.stdout.on("data", () => {
    if (!end && saysEnd(chunks)) child.stdin.end("done\n");
  });
  await once(child, "close");
  return Buffer.concat(chunks);
}

/** Whether the task has ended; who sent it then says that this was heard. */
function saysEnd(chunks: readonly Buffer[]): boolean {
  return Buffer.concat(chunks).includes("\nnonce END ");
}

const taskId = (): string => `build01:${uniqueMarker()}:1`;

/** The bytes between the frame's two lines. */
function bodyOf(output: Buffer): string {
  return (
    /^\nnonce BEGIN [^\n]*\n([^]*)\nnonce END 0 0\n$/.exec(output.toString("latin1"))?.[1] ??
    output.toString()
  );
}

describe("the script of a task", { timeout: 60_000 }, () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "scripts-"));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  for (const shell of shells) {
    const name = shell.join(" ");

    it(`brings every byte from 1 to 255 of a command through ${name}`, async () => {
      const every = Array.from({ length: 255 }, (_, n) => String.fromCharCode(n + 1)).join("");
      const quoted = every.replaceAll("'", `'"'"'`);
      const script = attachedScript("nonce", taskId(), `printf %s '${quoted}'`);

      // Commands are text; latin1 makes each of its first 255 characters one byte.
      const output = await send(shell, Buffer.from(script, "latin1"));

      assert.deepEqual(Buffer.from(bodyOf(output), "latin1"), Buffer.from(every, "latin1"));
    });

    it(`brings what looks like shell through ${name} without obeying it`, async () => {
      const text = `$(exit 9) \`exit 9\` $HOME "$HOME" \\ \\\\ ' '' '\\'' ; exit 9; # EOF\nst_attached\n`;
      const command = `cat <<'EOF'\n${text}\nEOF`;

      const output = await send(shell, Buffer.from(attachedScript("nonce", taskId(), command)));

      assert.equal(bodyOf(output), `${text}\n`);
    });

    it(`runs nothing in ${name} when it arrives cut off, wherever that is`, async () => {
      const canary = join(folder, `canary-${shell[0]}`);
      // Each part of it would run by itself: quoting ends and begins again at every quote.
      const command = `touch ${canary}'' && touch ${canary}'.2' && echo ''ran`;
      const script = Buffer.from(attachedScript("nonce", taskId(), command));
      const lastLine = script.lastIndexOf("\n", -2) + 1;
      const places = [
        ...Array.from({ length: 40 }, (_, n) => Math.floor((lastLine * n) / 40)),
        ...Array.from({ length: script.length - lastLine - 1 }, (_, n) => lastLine + n),
      ].filter((place) => place % 3 === 0 || script[place - 1] === 0x27);

      for (const place of places) {
        const output = await send(shell, script.subarray(0, place), { end: true });

        const said = JSON.stringify(script.subarray(0, place).toString().slice(-40));
        assert.equal(output.toString(), "", `cut after ${said}`);
        assert.equal(existsSync(canary), false, `cut after ${said}`);
      }
    });

    it(`runs in ${name} when it has arrived as a whole`, async () => {
      const canary = join(folder, `whole-${shell[0]}`);

      await send(shell, Buffer.from(attachedScript("nonce", taskId(), `touch ${canary}`)));

      assert.equal(existsSync(canary), true);
    });
  }

  it("has no comments in it, and stays small", () => {
    const script = attachedScript("nonce", taskId(), "true");

    assert.doesNotMatch(script, /^\s*#/m);
    assert.ok(script.length < 16_000, `${script.length} bytes`);
  });
});

describe("the script that answers for tasks", () => {
  it("runs nothing when it arrives cut off", async () => {
    const script = Buffer.from(controlScript("nonce", 7));
    const lastLine = script.lastIndexOf("\n", -2) + 1;

    for (let place = lastLine; place < script.length - 1; place += 2)
      assert.equal((await send(["dash"], script.subarray(0, place), { end: true })).toString(), "");
  });

  it("is asked in one line, with a dash for what is not known and the grace in hundredths", () => {
    const known = { leader: "12:34", bootId: "boot", supervisor: "11", reaper: "reaper" };
    const target = { taskId: "a:b:1", ...known };
    const unknown = { taskId: "a:b:1", leader: "", bootId: "", supervisor: "", reaper: "" };

    assert.equal(
      requestLine("cancel", "n", target, 1.25),
      "cancel n a:b:1 12:34 boot 11 reaper 125\n",
    );
    assert.equal(requestLine("list", "n", unknown), "list n a:b:1 - - - - 0\n");
  });

  it("tells the control script how many days a folder is kept", () => {
    assert.match(controlScript("nonce", 3), /'st_control' 'nonce' '3'; exit/);
  });
});
