import assert from "node:assert/strict";
import { it } from "node:test";
import { createMcp } from "./createMcp";

it("a client hears that a task was created before it hears of its end, however soon that comes", async (t) => {
  const { ask, client, clock, hosts } = await createMcp(t);
  const heard: string[] = [];
  client.fallbackNotificationHandler = ({ params }) =>
    Promise.resolve(void heard.push(String(params?.data)));
  hosts.onLaunch = (remote) => {
    remote.run();
    remote.exit(0);
  };

  for (let round = 0; round < 5; round++) {
    await ask("ssh_run_async", { alias: "build01", command: "true" });
  }
  await clock.advance(100);
  await client.ping();

  const events = new Map<string, string[]>();
  for (const line of heard) {
    const [, id = "", event = ""] = line.split(" ");
    events.set(id, [...(events.get(id) ?? []), event]);
  }
  assert.equal(events.size, 5);
  for (const one of events.values()) assert.deepEqual(one, ["created", "completed"]);
});
