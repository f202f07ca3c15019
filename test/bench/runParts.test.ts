import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { describe, it } from "node:test";
import { scriptOf } from "./runParts";

/** What a shell that reads the script prints; its input stays open, as a task's channel does. */
async function outputOf(script: string): Promise<string> {
  const shell = spawn("/bin/sh", ["-s"], { stdio: ["pipe", "pipe", "ignore"] });
  shell.stdin.write(script);
  const output = await text(shell.stdout);
  shell.stdin.destroy();
  return output;
}

describe("the script of a task with some of its parts left out", () => {
  for (const parts of [
    ["scriptOnly"],
    ["watched"],
    ["watched", "session"],
    ["watched", "session", "marked"],
  ] as const) {
    it(`runs the command and says so with ${parts.join(", ")}`, async () => {
      const output = await outputOf(scriptOf("nonce", parts));

      assert.match(output, /\nnonce END 0\n$/);
      assert.equal(output.includes("nonce BEGIN"), parts.includes("marked" as never));
    });
  }
});
