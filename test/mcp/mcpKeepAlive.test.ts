import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { defaultLimits } from "../../src/tasks/limits";
import { createMcp } from "./createMcp";
import { RawClient } from "./rawClient";

/** Resolves once a stream has said so often that it lives, and gives all it said. */
async function readSigns(response: Response, count: number): Promise<string> {
  let text = "";
  assert.ok(response.body);
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (text.split(": keepalive\n\n").length > count) return text;
  }
  throw new Error(`The stream ended after ${JSON.stringify(text)}`);
}

describe("a stream that has nothing to say", () => {
  it("shows every 15 s that it lives", () => {
    assert.equal(defaultLimits.mcpKeepAliveSeconds, 15);
  });

  it("shows it to a client that listens", async (t) => {
    const { endpoint } = await createMcp(t, { mcpLimits: { mcpKeepAliveSeconds: 0.02 } });
    const client = await RawClient.connect(endpoint);

    const text = await readSigns(await client.listen(), 3);

    assert.equal(text, ": keepalive\n\n".repeat(3));
  });

  it("shows it to a client whose ssh_run takes long, whose answer still comes", async (t) => {
    const { endpoint, launched } = await createMcp(t, { mcpLimits: { mcpKeepAliveSeconds: 0.02 } });
    const client = await RawClient.connect(endpoint);
    const run = { alias: "build01", command: "sleep 600" };
    const response = await client.call("ssh_run", run);
    const rest = response.clone();
    const remote = await launched(1);
    remote.run();

    assert.equal(await readSigns(response, 3), ": keepalive\n\n".repeat(3));
    remote.exit(0);

    assert.match(await rest.text(), /^(: keepalive\n\n)+event: message\ndata: .*"exit_code":0/);
  });
});
