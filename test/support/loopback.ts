import { once } from "node:events";
import { connect, createServer } from "node:net";

/** A TCP port of the loopback address that nobody listens on at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string")
    throw new Error("No loopback port to be had");
  return address.port;
}

/** The first bytes a server on a loopback port says by itself. Rejects when it can't be reached. */
export async function greeting(port: number): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  try {
    const [bytes] = (await once(socket, "data", { signal: AbortSignal.timeout(2_000) })) as [
      Buffer,
    ];
    return bytes.toString("latin1");
  } finally {
    socket.destroy();
  }
}
