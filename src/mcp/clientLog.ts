import type { LoggingLevel, ServerNotification } from "@modelcontextprotocol/sdk/types.js";

/** From the least to the most urgent (RFC 5424, section 6.2.1, as MCP has them). */
const levels: readonly LoggingLevel[] = [
  "debug",
  "info",
  "notice",
  "warning",
  "error",
  "critical",
  "alert",
  "emergency",
];

/** Tells a client what happens, as log messages (MCP, utilities/logging): from `info` on until it asks for another level. */
export class ClientLog {
  private least = levels.indexOf("info");

  constructor(private readonly send: (notification: ServerNotification) => Promise<void>) {}

  setLevel(level: LoggingLevel): void {
    this.least = levels.indexOf(level);
  }

  /** Whether a message of this level is sent at all. */
  tells(level: "debug" | "info"): boolean {
    return levels.indexOf(level) >= this.least;
  }

  /** An event of a tool. Its fields never hold a command. */
  event(level: "debug" | "info", event: string, fields: object = {}): void {
    this.message(level, asciiJson({ event, ...fields }));
  }

  message(level: "debug" | "info", data: string): void {
    if (!this.tells(level)) return;
    // A client that is gone hears nothing.
    this.send({ method: "notifications/message", params: { level, data } }).catch(() => undefined);
  }
}

/** JSON in which each character beyond ASCII is escaped, as in the log messages that clients know. */
export function asciiJson(value: object): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
