import type { IncomingMessage, ServerResponse } from "node:http";
import type { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import type { RequestId } from "@modelcontextprotocol/sdk/types.js";
import type { Clock } from "../tasks/clock";
import { idOf, maxUnderWay, requestsIn, takenBackIn } from "./clientMessage";
import { batchTooLarge, refusals, type HttpRefusal } from "./httpRefusal";
import type { Limits } from "../tasks/limits";

/** One client's conversation over HTTP: a transport and a server of its own. */
export class McpSession {
  /** Requests that are not answered yet. */
  private underWay = 0;
  /** HTTP requests that are not answered yet, listening streams among them. */
  private open = 0;
  /** When the last of them ended, by `elapsed`. */
  private idleSince: number;
  /** Those requests whose answer has a stream to itself. */
  private readonly alone = new Set<RequestId>();

  constructor(
    readonly id: string,
    private readonly transport: StreamableHTTPServerTransport,
    private readonly clock: Pick<Clock, "elapsed">,
    private readonly limits: Limits,
  ) {
    this.idleSince = clock.elapsed();
  }

  /** Whether the client's initialize was accepted. */
  get initialized(): boolean {
    return this.transport.sessionId !== undefined;
  }

  get busy(): boolean {
    return this.underWay > 0;
  }

  /** Milliseconds in which it had neither a request under way nor anybody who listens. */
  get idleMs(): number {
    return this.open > 0 ? 0 : this.clock.elapsed() - this.idleSince;
  }

  /** Answers a request; the body of a POST was read already. Resolves when the answer has begun, or with why there is none. */
  async serve(
    request: IncomingMessage,
    response: ServerResponse,
    body?: unknown,
  ): Promise<HttpRefusal | undefined> {
    const requests = requestsIn(body);
    if (requests.length > 0) {
      const limit = maxUnderWay(requests, this.limits);
      if (requests.length > limit) return batchTooLarge(limit);
      if (this.underWay + requests.length > limit) return refusals.tooManyRequests;
    }
    if (response.destroyed) return undefined; // The client went away, which nobody would tell us any more.
    const id = Array.isArray(body) ? null : idOf(requests[0]);
    this.begin(requests.length, id);
    response.once("close", () => this.end(requests.length, id));
    await this.transport.handleRequest(request, response, body);
    const takenBack = takenBackIn(body);
    if (takenBack !== undefined) await this.giveUp(takenBack);
    return undefined;
  }

  /** Ends its streams. What its client started goes on. */
  close(): Promise<void> {
    return this.transport.close();
  }

  private begin(requests: number, id: RequestId | null): void {
    this.open++;
    this.underWay += requests;
    if (id !== null) this.alone.add(id);
  }

  private end(requests: number, id: RequestId | null): void {
    this.open--;
    this.underWay -= requests;
    if (id !== null) this.alone.delete(id);
    this.idleSince = this.clock.elapsed();
  }

  /** The SDK answers no request that was taken back, but leaves the stream of its answer open for as long as the client likes. */
  private async giveUp(id: RequestId): Promise<void> {
    if (!this.alone.has(id)) return;
    this.transport.closeSSEStream(id);
    const error = { code: -32000, message: "Taken back by the client." };
    // Goes nowhere, the stream being closed: it makes the transport forget the request.
    await this.transport.send({ jsonrpc: "2.0", id, error }).catch(() => undefined);
  }
}
