import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { panelHtml } from "../../src/ui/panelHtml";

describe("the panel's page", () => {
  it("allows our script and its styles, and nothing else", () => {
    const html = panelHtml("https://example.com/panel.js", "NONCE");

    const [, policy] = /Content-Security-Policy" content="([^"]*)"/.exec(html) ?? [];
    assert.equal(
      policy,
      "default-src 'none'; script-src 'nonce-NONCE'; style-src 'nonce-NONCE'; require-trusted-types-for 'script'; trusted-types fast-html",
    );
    assert.ok(html.includes('<meta property="csp-nonce" content="NONCE">'));
    assert.ok(html.includes('<script nonce="NONCE" src="https://example.com/panel.js"></script>'));
  });

  it("has a new nonce each time, of 192 bits", () => {
    const nonces = Array.from({ length: 20 }, () => {
      const [, nonce = ""] = /<script nonce="([^"]*)"/.exec(panelHtml("x")) ?? [];
      return nonce;
    });

    assert.equal(new Set(nonces).size, 20);
    for (const nonce of nonces) assert.match(nonce, /^[\w-]{32}$/);
  });

  it("escapes the address", () => {
    assert.ok(panelHtml('a"><b>&', "N").includes('src="a&quot;>&lt;b>&amp;"'));
  });
});
