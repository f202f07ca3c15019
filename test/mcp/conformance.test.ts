import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { runConformance, type ConformanceResults } from "../support/conformance";
import { startHeadless, type Headless } from "../support/headless";
import { startSshd, type Sshd } from "../support/sshd";
import { startTokenProxy, type TokenProxy } from "../support/tokenProxy";

const wantsTool = (name: string): string => `it calls ${name}, a tool of the suite's own server`;
const wantsPrompt = (name: string): string => `it asks for ${name}, a prompt of the suite's own`;
const wantsResource = (uri: string): string => `it reads ${uri}, a resource of the suite's own`;

/**
 * Scenarios that can't pass here, and why. Four others pass although what they name is the suite's own too: a text is enough
 * for `tools-call-simple-text`, "Unknown tool" is right for `tools-call-error`, and any URI may be subscribed to.
 */
const cannotApply: Readonly<Record<string, string>> = {
  "tools-call-image": wantsTool("test_image_content"),
  "tools-call-audio": wantsTool("test_audio_content"),
  "tools-call-embedded-resource": wantsTool("test_embedded_resource"),
  "tools-call-mixed-content": wantsTool("test_multiple_content_types"),
  "tools-call-with-logging": wantsTool("test_tool_with_logging"),
  "tools-call-with-progress": wantsTool("test_tool_with_progress"),
  "tools-call-sampling": wantsTool("test_sampling"),
  "tools-call-elicitation": wantsTool("test_elicitation"),
  "elicitation-sep1034-defaults": wantsTool("test_elicitation_sep1034_defaults"),
  "elicitation-sep1330-enums": wantsTool("test_elicitation_sep1330_enums"),
  "json-schema-2020-12": wantsTool("json_schema_2020_12_tool"),
  "server-sse-polling": `${wantsTool("test_reconnection")}; our streams can't be resumed, as tasks can be asked for again`,
  "resources-read-text": wantsResource("test://static-text"),
  "resources-read-binary": wantsResource("test://static-binary"),
  "resources-templates-read": wantsResource("test://template/123/data"),
  "prompts-get-simple": wantsPrompt("test_simple_prompt"),
  "prompts-get-with-args": wantsPrompt("test_prompt_with_arguments"),
  "prompts-get-embedded-resource": wantsPrompt("test_prompt_with_embedded_resource"),
  "prompts-get-with-image": wantsPrompt("test_prompt_with_image"),
};

describe("MCP's conformance suite, against the headless server", { timeout: 180_000 }, () => {
  let sshd: Sshd;
  let server: Headless;
  let proxy: TokenProxy;
  let results: ConformanceResults;
  before(async () => {
    sshd = await startSshd({ aliases: ["build01"] });
    server = await startHeadless(sshd);
    proxy = await startTokenProxy(server);
    results = await runConformance(proxy.url);
  });
  after(async () => {
    await proxy.close();
    await server.close();
    await sshd.close();
  });

  it("passes every scenario that can apply", () => {
    const failed = [...results].filter(([name, why]) => why.length > 0 && !(name in cannotApply));

    assert.deepEqual(Object.fromEntries(failed), {});
    assert.ok(results.size > Object.keys(cannotApply).length, "scenarios ran");
  });

  for (const [name, why] of Object.entries(cannotApply)) {
    it(`does not pass ${name}: ${why}`, () => {
      assert.notDeepEqual(results.get(name) ?? [], []);
    });
  }

  it("reached the server only with the token that the proxy added", async () => {
    const { status } = await fetch(server.url, { method: "POST" });

    assert.equal(status, 401);
  });
});
