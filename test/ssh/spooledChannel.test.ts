import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ServerChannel } from "ssh2";
import type { Follower } from "../../src/ssh/durableLine";
import { SpooledChannel } from "../../src/ssh/spooledChannel";
import { eventually } from "../support/eventually";
import { startScriptedSshServer } from "../support/scriptedSshServer";

/** Follows a task from offset 2 on stdout, over a channel whose host says what the test says. Gives what was heard. */
async function heardOf(says: (nonce: string, channel: ServerChannel) => void): Promise<string[]> {
  const server = await startScriptedSshServer((channel) => {
    let text = "";
    channel.on("data", (bytes: Buffer) => {
      text += bytes.toString();
      const nonce = /\{ 'st_spooled' '(\w+)' 'build01:1:1' '2' '0'; exit/.exec(text)?.[1];
      if (nonce !== undefined) says(nonce, channel);
    });
  });
  try {
    const heard: string[] = [];
    const follower: Follower = {
      onStarted: (words) => heard.push(`started ${words.join(" ")}`),
      onOutput: (stream, bytes, offset) => heard.push(`${stream} ${offset} ${bytes.toString()}`),
      onGap: () => heard.push("gap"),
      onEnd: (words) => heard.push(`end ${words.join(" ")}`),
      onLost: ({ code }) => heard.push(code),
    };
    const channel = await SpooledChannel.open("scripted", await server.connect());
    channel.follow("build01:1:1", { stdout: 2, stderr: 0 }, follower);
    await eventually("it is over", () => /^(end|connection)/.test(heard.at(-1) ?? ""));
    channel.unfollow();
    return heard;
  } finally {
    await server.close();
  }
}

const sayAll = (nonce: string, channel: ServerChannel, end: string): void => {
  channel.write(`noise\n\n${nonce} BEGIN 7 8 boot 9 -\nabc\n${nonce} END ${end}\n`);
  channel.stderr.write(`\n${nonce} BEGIN\nerr\n${nonce} END ${end}\n`);
};

describe("the channel of one durable task", () => {
  it("gives what the host says of it, with offsets", async () => {
    const heard = await heardOf((nonce, channel) =>
      sayAll(nonce, channel, "exited 3 none itself 5 3"),
    );

    assert.deepEqual(heard.toSorted(), [
      "end exited 3 none itself 5 3",
      "started 7 8 boot 9 -",
      "stderr 0 err",
      "stdout 2 abc",
    ]);
  });

  it("is lost when not all has come that was said to have been sent", async () => {
    for (const sizes of ["6 3", "5 4"]) {
      const heard = await heardOf((nonce, channel) =>
        sayAll(nonce, channel, `exited 3 none itself ${sizes}`),
      );

      assert.equal(heard.at(-1), "connectionLost");
    }
  });

  it("is lost when it ends without a word", async () => {
    const heard = await heardOf((nonce, channel) => {
      channel.write(`\n${nonce} BEGIN 7 8 boot 9 -\nabc`);
      channel.end();
      channel.close();
    });

    assert.deepEqual(heard, ["started 7 8 boot 9 -", "stdout 2 abc", "connectionLost"]);
  });
});
