import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import {
  JSONRPCMessageSchema,
  type JSONRPCMessage,
  type RequestId,
} from "@modelcontextprotocol/sdk/types.js";
import { systemClock, within } from "../tasks/clock";
import { asError } from "../tasks/taskError";
import { idOf, maxUnderWay, requestsIn, takenBackIn } from "./clientMessage";
import { refusals } from "./httpRefusal";
import { LineReader } from "./lineReader";
import type { Limits } from "../tasks/limits";

const lastAnswersMs = 500;

/**
 * A line is a message, in both directions. The SDK's own transport ends with a line that is too long, leaves nonsense without
 * an answer, and reads on when its answers are not read; here a session survives all three, in bounded memory.
 */
export class StdioTransport implements Transport {
  onmessage?: (message: JSONRPCMessage) => void;
  onclose?: () => void;
  onerror?: (error: Error) => void;

  private readonly lines = new LineReader(() => this.limits.maxStdioLineBytes);
  /** Requests that are not answered yet. */
  private readonly underWay = new Set<RequestId>();
  private readonly closing = new AbortController();
  private onAnswered: (() => void) | undefined;

  constructor(
    private readonly input: Readable,
    private readonly output: Writable,
    private readonly limits: Limits,
  ) {}

  start(): Promise<void> {
    const close = (): void => void this.close();
    // A client that is gone can't read any more (EPIPE): that ends the session as the end of its requests does.
    this.output.on("error", close).once("close", close);
    void this.read();
    return Promise.resolve();
  }

  send(message: JSONRPCMessage): Promise<void> {
    if ("id" in message && message.id !== undefined && !("method" in message)) {
      this.underWay.delete(message.id);
    }
    this.write(message);
    if (this.underWay.size === 0) this.onAnswered?.();
    return Promise.resolve();
  }

  close(): Promise<void> {
    if (this.closing.signal.aborted) return Promise.resolve();
    this.closing.abort();
    this.input.destroy();
    this.onclose?.();
    return Promise.resolve();
  }

  /** What follows the last end of a line is no message: a client that was cut off asks for nothing. */
  private async read(): Promise<void> {
    try {
      for await (const chunk of this.input) {
        for (const line of this.lines.push(chunk as Buffer)) {
          await this.answersAreRead();
          if (this.closing.signal.aborted) return;
          this.receive(line);
        }
      }
      await this.lastAnswers();
    } catch (error) {
      if (!this.closing.signal.aborted) this.onerror?.(asError(error));
    } finally {
      await this.close();
    }
  }

  /** A client that has nothing more to ask still reads what it asked for, if that does not take long. */
  private async lastAnswers(): Promise<void> {
    if (this.underWay.size === 0) return;
    const answered = new Promise<void>((resolve) => (this.onAnswered = resolve));
    await within(systemClock, lastAnswersMs, answered);
  }

  private async answersAreRead(): Promise<void> {
    const { output, limits, closing } = this;
    if (output.writableLength <= limits.maxStdioUnreadBytes || !output.writableNeedDrain) return;
    await once(output, "drain", { signal: closing.signal });
  }

  private receive(line: string | undefined): void {
    // Which request it was, nobody knows. The others should not be lost with it, so we skip to the next line.
    if (line === undefined) {
      this.refuse(null, -32600, tooLong(this.limits.maxStdioLineBytes));
      return;
    }
    if (line.trim() === "") return;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch (error) {
      this.onerror?.(asError(error));
      this.refuse(null, refusals.notJson.code, notJson);
      return;
    }
    const { data: message, error } = JSONRPCMessageSchema.safeParse(value);
    if (!message) {
      this.onerror?.(error);
      this.refuse(idOf(value), -32600, notJsonRpc);
      return;
    }
    if (this.admit(message)) this.handOver(message);
  }

  /** The SDK puts messages it has no use for into words, which a deep one is too much for. */
  private handOver(message: JSONRPCMessage): void {
    try {
      this.onmessage?.(message);
    } catch (error) {
      this.onerror?.(asError(error));
      this.refuse(null, -32600, notJsonRpc);
    }
  }

  /** Whether there is room for it; if not, it is refused. */
  private admit(message: JSONRPCMessage): boolean {
    const takenBack = takenBackIn(message);
    if (takenBack !== undefined) this.underWay.delete(takenBack);
    const [request] = requestsIn(message);
    const id = idOf(request);
    if (!request || id === null) return true;
    if (this.underWay.has(id)) {
      this.refuse(null, -32600, notUnique);
      return false;
    }
    if (this.underWay.size >= maxUnderWay([request], this.limits)) {
      this.refuse(id, -32000, refusals.tooManyRequests.message);
      return false;
    }
    this.underWay.add(id);
    return true;
  }

  private refuse(id: RequestId | null, code: number, message: string): void {
    this.write({ jsonrpc: "2.0", id, error: { code, message } });
  }

  private write(message: object): void {
    if (!this.closing.signal.aborted) this.output.write(`${JSON.stringify(message)}\n`);
  }
}

const notJson = "Parse error: send one JSON-RPC message as JSON in each line.";
const notJsonRpc = "Invalid request: send one JSON-RPC 2.0 message in each line.";
const notUnique = "Invalid request: its id is that of a request under way. Send another id.";

function tooLong(maxBytes: number): string {
  return `Line too long: send at most ${maxBytes} bytes in one line.`;
}
