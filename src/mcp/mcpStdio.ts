import type { Readable, Writable } from "node:stream";
import { connectMcpServer, type McpServerParts } from "./mcpServer";
import { StdioTransport } from "./stdioTransport";

/** Serves one client over a pair of streams, its requests in and our answers out. Resolves when there will be no more requests. */
export async function serveStdio(
  parts: McpServerParts,
  input: Readable = process.stdin,
  output: Writable = process.stdout,
): Promise<void> {
  const transport = new StdioTransport(input, output, parts.limits);
  const closed = new Promise<void>((resolve) => (transport.onclose = resolve));
  await connectMcpServer(parts, transport);
  await closed;
}
