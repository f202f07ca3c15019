import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";

/**
 * Tells apart why a request's signal is aborted: the SDK does the same when the client takes the request back
 * (`notifications/cancelled`) and when the session closes, but only the first is a wish to stop the work.
 */
export class RequestCancellation {
  private sessionClosed = false;

  /** Watches the transport of the session; to be called before the SDK connects to it, which then aborts after us. */
  watch(transport: Transport): void {
    const earlier = transport.onclose;
    transport.onclose = () => {
      this.sessionClosed = true;
      earlier?.();
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
}
