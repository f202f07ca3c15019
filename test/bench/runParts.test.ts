import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { describe, it } from "node:test";
import { scriptOf } from "./runParts";

/** What a shell that reads the script prints; its input stays open, as a task's channel does. */
async function outputOf(script: string): Promise<string> {
  const shell = spawn("/bin/sh", ["-s"], { stdio: ["pipe", "pipe", "ignore"] });
  shell.stdin.write(script);
  shell.stdout.on("data", (bytes: Buffer) => {
    if (bytes.includes("nonce END")) shell.stdin.end("done\n");
  });
  return text(shell.stdout);
}

describe("the script of a task with some of its parts left out", () => {
  for (const parts of [
    [],
    ["watched"],
    ["watched", "folder"],
    ["watched", "folder", "reaper"],
    ["watched", "folder", "reaper", "left"],
  ] as const) {
    it(`runs the command and says so with ${parts.join(", ") || "none"}`, async () => {
      const output = await outputOf(scriptOf("nonce", parts));

      assert.match(output, /^\nnonce BEGIN .*\n\nnonce END 0 0\n$/);
    });
  }
});
