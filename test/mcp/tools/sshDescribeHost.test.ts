import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createMcp, type Fields } from "../createMcp";

describe("ssh_describe_host", () => {
  it("gives what is configured for the host", async (t) => {
    const { ask, catalog } = await createMcp(t);
    const description = "the build machine";
    const where = { hostName: "192.0.2.7", port: 2222, user: "ci" };
    catalog.hosts = [{ alias: "build01", ...where, tags: ["ci", "linux"], description }];

    const host = await ask("ssh_describe_host", { alias: " build01 " });

    const expected = {
      alias: "build01",
      host: "192.0.2.7",
      port: 2222,
      user: "ci",
      tags: ["ci", "linux"],
      description,
    };
    assert.equal(JSON.stringify(host), JSON.stringify(expected));
  });

  const refused: [Fields, string][] = [
    [{ alias: "nowhere" }, "Error: Host alias not found: nowhere"],
    [{ alias: " BUILD01 " }, "Error: Host alias not found: BUILD01"],
    [{}, "Error: alias is required"],
    [
      { alias: "a/b" },
      "Error: alias contains invalid characters (only alphanumeric, dot, dash, underscore allowed)",
    ],
  ];
  for (const [args, sentence] of refused) {
    it(`refuses ${JSON.stringify(args)}: ${sentence}`, async (t) => {
      const { fail } = await createMcp(t);

      assert.equal(await fail("ssh_describe_host", args), sentence);
    });
  }
});
