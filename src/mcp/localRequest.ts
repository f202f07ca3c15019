import type { IncomingHttpHeaders } from "node:http";

/**
 * Whether a request was meant for a loopback server on this port: a web page that reaches us by DNS rebinding has another
 * Host, and any web page its own Origin (MCP specification, transports, security warning).
 */
export function isLocalRequest(headers: IncomingHttpHeaders, port: number): boolean {
  const hosts = ["127.0.0.1", "localhost", "[::1]"].map((name) => `${name}:${port}`);
  const { host = "", origin } = headers;
  if (!hosts.includes(host.toLowerCase())) return false;
  return origin === undefined || hosts.some((name) => origin.toLowerCase() === `http://${name}`);
}
