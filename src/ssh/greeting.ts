import type { Duplex } from "node:stream";

/** What sshd says, before its version (RFC 4253, section 4.2), to those it drops; often it says nothing (sshd.c, drop_connection). */
export const dropping = /^(Exceeded MaxStartups|Not allowed at this time)/;

/** The most that is looked at of what a server begins with. */
const maxGreeting = 1024;

/** What a server begins with. */
export class Greeting {
  private text = "";

  /** `onStart` is told its first line, or what there is of it. */
  constructor(stream: Duplex, onStart: (start: string) => void) {
    stream.once("data", () => setImmediate(() => onStart(this.start)));
    const onData = (bytes: Buffer): void => {
      this.text += bytes.toString("latin1", 0, maxGreeting);
      // What follows is not read here: it may be a flood of output.
      if (/^SSH-.*[\r\n]/m.test(this.text) || this.text.length >= maxGreeting)
        stream.off("data", onData);
    };
    stream.on("data", onData);
  }

  /** Whether it has said anything but that it drops us. */
  get isThere(): boolean {
    return this.text !== "" && !dropping.test(this.text);
  }

  /** What the server calls itself; it may say other things before (RFC 4253, section 4.2). */
  get version(): string {
    return /^SSH-(?:2\.0|1\.99)-[\x20-\x7e]*/m.exec(this.text)?.[0] ?? "";
  }

  /** Its first line. */
  get start(): string {
    return (/^[^\r\n]*/.exec(this.text)?.[0] ?? "").slice(0, 255);
  }
}
