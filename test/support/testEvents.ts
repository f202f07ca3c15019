/** What testReporter.mjs tells of one test or suite. */
export interface TestEvent {
  readonly type: "test:start" | "test:pass" | "test:fail";
  readonly name: string;
  readonly nesting: number;
  readonly suite: boolean;
  readonly ms: number;
  readonly skipped: boolean;
  readonly failureType?: string;
  readonly error?: string;
}

/** How one test ended that has no tests inside it. */
export interface TestResult {
  readonly outcome: "passed" | "failed" | "skipped";
  /** Its own title behind those of its suites. */
  readonly title: string;
  readonly ms: number;
  readonly error?: string;
}

/** Turns the events of one file, in their order, into the results of its leaf tests. */
export class TestEvents {
  private readonly titles: string[] = [];
  /** The nesting of the test that ended last: deeper than the next one's if that one has tests inside. */
  private lastNesting = -1;

  /** The result that an event completes, if it does. */
  read(event: TestEvent): TestResult | undefined {
    this.titles.length = event.nesting;
    this.titles.push(event.name);
    if (event.type === "test:start") {
      this.lastNesting = -1;
      return undefined;
    }
    // A skipped suite doesn't tell what is in it, and must not look like nothing.
    const isLeaf = (!event.suite || event.skipped) && this.lastNesting <= event.nesting;
    this.lastNesting = event.nesting;
    // Whatever else fails, as the hooks of a suite do, must not get lost.
    const failedItself = event.type === "test:fail" && event.failureType !== "subtestsFailed";
    if (!isLeaf && !failedItself) return undefined;
    return {
      outcome: outcomeOf(event),
      title: this.titles.join(" › "),
      ms: event.ms,
      error: event.error,
    };
  }
}

function outcomeOf({ skipped, type }: TestEvent): TestResult["outcome"] {
  if (skipped) return "skipped";
  return type === "test:pass" ? "passed" : "failed";
}
