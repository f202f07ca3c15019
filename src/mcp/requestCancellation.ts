import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import {
  CancelledNotificationSchema,
  isJSONRPCRequest,
  type JSONRPCMessage,
  type RequestId,
} from "@modelcontextprotocol/sdk/types.js";

/** Requests of a session that are remembered, each way. */
const maxRemembered = 1000;

/**
 * Tells when a client takes a request back (`notifications/cancelled`), which is a wish to stop the work. The SDK does
 * the same when the session closes, and drops a notification that comes before its request, as over HTTP each has a
 * connection of its own.
 */
export class RequestCancellation {
  private sessionClosed = false;
  private readonly arrived = new Set<RequestId>();
  private readonly takenBackEarly = new Map<RequestId, JSONRPCMessage>();

  /** Watches the transport of the session; to be called before the SDK connects to it, which then hears after us. */
  watch(transport: Transport): void {
    const { onclose, onmessage } = transport;
    transport.onclose = () => {
      this.sessionClosed = true;
      onclose?.();
    };
    transport.onmessage = (message, extra) => {
      onmessage?.(message, extra);
      const late = this.match(message);
      if (late) queueMicrotask(() => transport.onmessage?.(late)); // once the SDK knows the request
    };
  }

  /** A signal that is aborted only when the client takes the request back. */
  takenBack(request: AbortSignal): AbortSignal {
    const controller = new AbortController();
    const onAbort = (): void => {
      if (!this.sessionClosed) controller.abort();
    };
    if (request.aborted) onAbort();
    else request.addEventListener("abort", onAbort, { once: true });
    return controller.signal;
  }

  /** @returns what took this request back before it came. */
  private match(message: JSONRPCMessage): JSONRPCMessage | undefined {
    if (isJSONRPCRequest(message)) {
      const late = this.takenBackEarly.get(message.id);
      this.takenBackEarly.delete(message.id);
      this.arrived.add(message.id);
      forgetOldest(this.arrived);
      return late;
    }
    const { data } = CancelledNotificationSchema.safeParse(message);
    const id = data?.params.requestId;
    if (id === undefined || this.arrived.has(id)) return undefined;
    this.takenBackEarly.set(id, message);
    forgetOldest(this.takenBackEarly);
    return undefined;
  }
}

function forgetOldest(ids: Set<RequestId> | Map<RequestId, unknown>): void {
  const [oldest] = ids.keys();
  if (ids.size > maxRemembered && oldest !== undefined) ids.delete(oldest);
}
