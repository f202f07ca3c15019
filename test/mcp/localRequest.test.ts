import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isLocalRequest } from "../../src/mcp/localRequest";

describe("a request to port 4000", () => {
  const local = [
    { host: "127.0.0.1:4000" },
    { host: "LocalHost:4000" },
    { host: "[::1]:4000" },
    { host: "127.0.0.1:4000", origin: "http://127.0.0.1:4000" },
    { host: "127.0.0.1:4000", origin: "http://localhost:4000" },
  ];
  for (const headers of local) {
    it(`is local with ${JSON.stringify(headers)}`, () => {
      assert.equal(isLocalRequest(headers, 4000), true);
    });
  }

  const foreign = [
    {},
    { host: "" },
    { host: "127.0.0.1" },
    { host: "127.0.0.1:4001" },
    { host: "evil.example:4000" },
    { host: "127.0.0.1:4000.evil.example" },
    { host: "127.0.0.1:4000", origin: "http://evil.example" },
    { host: "127.0.0.1:4000", origin: "https://127.0.0.1:4000" },
    { host: "127.0.0.1:4000", origin: "127.0.0.1:4000" },
    { host: "127.0.0.1:4000", origin: "http://localhost:3000" },
    { host: "127.0.0.1:4000", origin: "null" },
    { host: "127.0.0.1:4000", origin: "" },
  ];
  for (const headers of foreign) {
    it(`is not local with ${JSON.stringify(headers)}`, () => {
      assert.equal(isLocalRequest(headers, 4000), false);
    });
  }
});
