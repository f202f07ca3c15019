import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BearerToken } from "../../src/mcp/bearerToken";

describe("a bearer token", () => {
  it("has 256 bits and is another one each time", () => {
    const [one, other] = [new BearerToken(), new BearerToken()];

    assert.equal(Buffer.from(one.value, "base64url").length, 32);
    assert.notEqual(one.value, other.value);
    assert.equal(one.matches(`Bearer ${other.value}`), false);
  });

  it("is recognized however the scheme is spelt", () => {
    const token = new BearerToken();

    for (const scheme of ["Bearer", "bearer", "BEARER"]) {
      assert.equal(token.matches(`${scheme} ${token.value}`), true);
    }
  });

  it("is not recognized in any other form", () => {
    const token = new BearerToken();
    const { value } = token;
    const others = [
      undefined,
      "",
      value,
      "Bearer",
      "Bearer ",
      `Basic ${value}`,
      `Bearer ${value}x`,
    ];

    for (const header of [...others, `Bearer ${value.slice(0, -1)}`, `Bearer ${value} x`]) {
      assert.equal(token.matches(header), false, header);
    }
  });
});
