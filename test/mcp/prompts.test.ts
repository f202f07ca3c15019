import assert from "node:assert/strict";
import { it } from "node:test";
import { getPrompt, prompts } from "../../src/mcp/prompts";

it("the prompts propose no entry in a file that is not read, nor a key that no file has", () => {
  for (const { name } of prompts) {
    const content = getPrompt(name)?.messages[0]?.content;
    const text = content?.type === "text" ? content.text : "";

    assert.doesNotMatch(text, /^\s*(servers|credentials|hosts|entries):/m, name);
    if (/servers\.yml|credentials\.yml/.test(text)) assert.match(text, /~\/\.ssh\/config/, name);
  }
});
