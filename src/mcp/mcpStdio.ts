import type { Readable, Writable } from "node:stream";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { connectMcpServer, type McpServerParts } from "./mcpServer";

/** Serves one client over a pair of streams, its requests in and our answers out. Resolves when there will be no more requests. */
export async function serveStdio(
  parts: McpServerParts,
  input: Readable = process.stdin,
  output: Writable = process.stdout,
): Promise<void> {
  const transport = new StdioServerTransport(input, output);
  const closed = new Promise<void>((resolve) => (transport.onclose = resolve));
  const close = (): void => void transport.close();
  input.once("end", close).once("close", close);
  // A client that is gone can't read any more (EPIPE): that ends the session as the end of its requests does.
  output.on("error", close);
  await connectMcpServer(parts, transport);
  await closed;
}
