import type { ProgressToken, ServerNotification } from "@modelcontextprotocol/sdk/types.js";
import type { Progress } from "./defineTool";

/**
 * Tells of the progress of one request (MCP, utilities/progress), where its client gave a token for that. Nothing is told
 * once it is answered, as the token means nothing then, nor twice the same.
 */
export class RequestProgress {
  private answered = false;
  private last = -1;

  constructor(
    private readonly token: ProgressToken | undefined,
    private readonly send: (notification: ServerNotification) => Promise<void>,
  ) {}

  readonly tell = ({ seconds, totalSeconds, message }: Progress): void => {
    if (this.token === undefined || this.answered || seconds <= this.last) return;
    this.last = seconds;
    const params = {
      progressToken: this.token,
      progress: seconds,
      ...(totalSeconds > 0 && { total: totalSeconds }),
      message,
    };
    // A client that is gone hears nothing.
    this.send({ method: "notifications/progress", params }).catch(() => undefined);
  };

  end(): void {
    this.answered = true;
  }
}
