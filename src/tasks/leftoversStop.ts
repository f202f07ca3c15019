import { CancelLadder, type Climb } from "./cancelLadder";
import type { CancelReceipt, CancelRequest } from "./cancelReceipt";
import type { Clock } from "./clock";
import type { RemoteTask } from "./remoteHost";

/** The end of what an ended task left running: one climb at a time, joined by whoever asks meanwhile. */
export class LeftoversStop {
  private underWay: { readonly ladder: CancelLadder; readonly climb: Promise<Climb> } | undefined;

  constructor(
    private readonly parts: { readonly clock: Clock; readonly graceSeconds: () => number },
  ) {}

  /** Never rejects. */
  async climb(request: CancelRequest, remote: RemoteTask | undefined): Promise<CancelReceipt> {
    this.underWay?.ladder.join(request);
    this.underWay ??= this.begin(request, remote);
    return (await this.underWay.climb).receipt;
  }

  private begin(
    request: CancelRequest,
    remote: RemoteTask | undefined,
  ): NonNullable<LeftoversStop["underWay"]> {
    const graceSeconds = request.graceSeconds ?? this.parts.graceSeconds();
    const ladder = new CancelLadder({ ...request, graceSeconds }, this.parts.clock);
    const climb = ladder.climb(remote).finally(() => {
      ladder.dispose();
      this.underWay = undefined;
    });
    return { ladder, climb };
  }
}
