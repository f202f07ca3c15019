import type { ConnectStep, StepReport } from "../tasks/hostConnections";

export type OnStep = (report: StepReport) => void;

/** Tells of the steps to one host, one after another; without a listener it tells nobody. */
export class StepReporter {
  private current: { readonly step: ConnectStep; readonly since: number } | undefined;

  constructor(
    private readonly host: string,
    private readonly onStep: OnStep | undefined,
  ) {}

  begin(step: ConnectStep): void {
    this.current = { step, since: performance.now() };
    this.onStep?.({ host: this.host, step, state: "begun" });
  }

  /** The step that was begun last. */
  pass(detail: string): void {
    if (!this.current) return;
    const { step, since } = this.current;
    const ms = performance.now() - since;
    this.onStep?.({ host: this.host, step, state: "passed", detail, ms });
  }
}
