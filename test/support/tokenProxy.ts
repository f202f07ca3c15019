import { once } from "node:events";
import { createServer, request as httpRequest, type IncomingMessage } from "node:http";
import type { ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Headless } from "./headless";

/** A way to the server for clients that can't send its token. */
export interface TokenProxy {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Listens on a loopback port and passes every request on to the server, with the token added. `Host` and `Origin` stay
 * what the client sent, but for the proxy's own port, so that the server judges them itself.
 */
export async function startTokenProxy(
  endpoint: Pick<Headless, "url" | "token">,
): Promise<TokenProxy> {
  const target = new URL(endpoint.url);
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const readdressed = (header: string): string =>
    header.replace(new RegExp(`:${port}$`), `:${target.port}`);
  server.on("request", (request, response) => {
    const { host = "", origin } = request.headers;
    forward(request, response, target, {
      host: readdressed(host),
      ...(origin !== undefined && { origin: readdressed(origin) }),
      authorization: `Bearer ${endpoint.token}`,
    });
  });
  return {
    url: `http://127.0.0.1:${port}${target.pathname}`,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function forward(
  request: IncomingMessage,
  response: ServerResponse,
  { hostname, port }: URL,
  headers: Record<string, string>,
): void {
  const onward = httpRequest({
    hostname,
    port,
    path: request.url,
    method: request.method,
    headers: { ...request.headers, ...headers },
    agent: false,
  });
  onward.on("response", (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    response.flushHeaders(); // a listening stream may say nothing for long
    answer.pipe(response);
  });
  onward.on("error", () => response.destroy());
  response.on("close", () => onward.destroy());
  request.pipe(onward);
}
