import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** A link that a test can make slow, stuck or broken. */
export interface TcpProxy {
  readonly port: number;
  /** How many connections were accepted so far. */
  readonly accepted: () => number;
  /** How many bytes of clients that froze their connection by them are held back. */
  readonly held: () => number;
  /** Holds back all bytes, of connections that are open and of those to come, and says nothing of it to either end. */
  freeze(): void;
  /** Holds back the bytes of the connections that are open; new ones are not touched. */
  freezeOpen(): void;
  /** Freezes a connection in the moment its client sends the nth piece of at least so many bytes, that piece included. */
  freezeAt(bytes: number, nth?: number): void;
  /** Lets arrive what froze a connection, and keeps the rest held. */
  deliver(): void;
  /** Lets all bytes flow again, those held back first. */
  thaw(): void;
  /** Breaks every open connection. */
  cut(): void;
  close(): void;
}

/** Stands before a port of the loopback address; every byte takes `delayMs` to pass it, in either direction. */
export async function startTcpProxy(target: number, delayMs = 0): Promise<TcpProxy> {
  const links = new Set<Link>();
  let frozen = false;
  let limit: Limit = noLimit;
  let accepted = 0;
  const server = createServer({ pauseOnConnect: true }, (client) => {
    accepted++;
    const link = new Link(client, { target, delayMs }, () => links.delete(link));
    links.add(link);
    if (!frozen) link.thaw();
    link.limit = limit;
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The proxy has no port");
  const cut = (): void => {
    for (const link of links) link.cut();
  };
  return {
    port: address.port,
    accepted: () => accepted,
    held: () => [...links].reduce((sum, link) => sum + link.heldBytes, 0),
    freeze: () => {
      frozen = true;
      for (const link of links) link.freeze();
    },
    freezeOpen: () => {
      for (const link of links) link.freeze();
    },
    freezeAt: (bytes, nth = 1) => {
      limit = { bytes, nth };
      for (const link of links) link.limit = limit;
    },
    deliver: () => {
      for (const link of links) link.deliver();
    },
    thaw: () => {
      frozen = false;
      limit = noLimit;
      for (const link of links) link.thaw();
    },
    cut,
    close: () => {
      server.close();
      cut();
    },
  };
}

interface Limit {
  readonly bytes: number;
  readonly nth: number;
}

const noLimit: Limit = { bytes: Infinity, nth: 1 };

/** One connection and its other half. A frozen one reads nothing: neither bytes nor that an end has gone. */
class Link {
  /** The nth piece of that size from the client freezes it. */
  limit = noLimit;
  private readonly server: Socket;
  private readonly delayMs: number;
  private held: Buffer[] = [];

  constructor(
    private readonly client: Socket,
    { target, delayMs }: { readonly target: number; readonly delayMs: number },
    onEnd: () => void,
  ) {
    this.delayMs = delayMs;
    // A wait of its own would add to that of the proxy.
    client.setNoDelay(true);
    this.server = connect({ port: target, host: "127.0.0.1" });
    this.server.pause();
    this.server.setNoDelay(true);
    client.on("data", (bytes) => this.later(() => this.send(bytes)));
    this.server.on("data", (bytes) => this.later(() => client.write(bytes)));
    for (const [from, to] of [
      [client, this.server],
      [this.server, client],
    ] as const) {
      from.on("end", () => this.later(() => to.end()));
      // What was read before still arrives, as it would from the kernel of a process that is gone.
      from.on("error", () => this.later(() => to.end()));
      from.on("close", onEnd);
    }
  }

  get heldBytes(): number {
    return Buffer.concat(this.held).length;
  }

  freeze(): void {
    this.client.pause();
    this.server.pause();
  }

  thaw(): void {
    this.limit = noLimit;
    this.deliver();
    this.client.resume();
    this.server.resume();
  }

  deliver(): void {
    for (const bytes of this.held) this.server.write(bytes);
    this.held = [];
  }

  cut(): void {
    this.client.destroy();
    this.server.destroy();
  }

  /** Timers of one length fire in the order they were set: bytes stay in theirs. */
  private later(pass: () => void): void {
    if (this.delayMs === 0) pass();
    else setTimeout(pass, this.delayMs);
  }

  private send(bytes: Buffer): void {
    const { bytes: size, nth } = this.limit;
    if (bytes.length >= size) {
      if (nth === 1) this.freeze();
      else this.limit = { bytes: size, nth: nth - 1 };
    }
    if (this.client.isPaused()) this.held.push(bytes);
    else this.server.write(bytes);
  }
}
