import { getEventListeners } from "node:events";
import { Consent, type ConsentRequest, type Consented } from "../../src/gate/consent";
import { Grants } from "../../src/gate/grants";
import type { Grant, GrantStore } from "../../src/tasks/grant";
import type { ConsentAnswer, ConsentAsker, ConsentQuestion } from "../../src/tasks/consent";
import type { HostInfo } from "../../src/tasks/remoteHost";
import { createHostInfo, createLogger } from "../support/createTasks";
import { FakeClock, settle } from "../support/fakeClock";

/** A question that is open until the test answers it. */
export interface OpenQuestion extends ConsentQuestion {
  readonly signal: AbortSignal;
  answer(answer: ConsentAnswer | undefined): Promise<void>;
}

/** A person whose answers the test gives; a question that is taken away they close, unless they can't. */
export class HandAsker implements ConsentAsker {
  readonly questions: OpenQuestion[] = [];

  constructor(private readonly closes = true) {}

  ask(question: ConsentQuestion, signal: AbortSignal): Promise<ConsentAnswer | undefined> {
    return new Promise((resolve) => {
      const answer = async (given: ConsentAnswer | undefined): Promise<void> => {
        resolve(given);
        await settle();
      };
      this.questions.push({ ...question, signal, answer });
      if (this.closes) signal.addEventListener("abort", () => resolve(undefined));
    });
  }

  /** The nth question that was asked. */
  at(index: number): OpenQuestion {
    const question = this.questions[index];
    if (!question) throw new Error(`Only ${this.questions.length} questions were asked`);
    return question;
  }

  get commands(): string[] {
    return this.questions.map(({ command }) => command);
  }
}

/** Keeps grants as a file does, unless it is full. */
export class MemoryGrants implements GrantStore {
  grants: readonly Grant[] = [];
  failure: Error | undefined;

  load(): Promise<readonly Grant[]> {
    return Promise.resolve(this.grants);
  }

  async change(edit: (grants: readonly Grant[]) => readonly Grant[]): Promise<void> {
    await Promise.resolve();
    if (this.failure) throw this.failure;
    this.grants = edit(this.grants);
  }
}

export interface Requested {
  /** What became of it, once that is settled. */
  end: Consented | undefined;
  readonly takeBack: () => Promise<void>;
  /** Who still waits to hear that it is taken back. */
  readonly listeners: () => number;
}

/** Consent at a clock and a person that the test drives by hand. */
export function createConsent(options: { store?: MemoryGrants | null; seconds?: number } = {}) {
  const { store = new MemoryGrants(), seconds = 300 } = options;
  const clock = new FakeClock();
  const log: string[] = [];
  const keep = { days: 30 };
  const grants = new Grants({
    now: () => clock.now(),
    keepDays: () => keep.days,
    ...(store && { store }),
  });
  const parts = { grants, clock, logger: createLogger(log), seconds: () => seconds };
  const consent = new Consent(parts);
  const asker = new HandAsker();
  const request = async (
    command: string,
    changes: Partial<ConsentRequest> = {},
    by: ConsentAsker = asker,
  ): Promise<Requested> => {
    const back = new AbortController();
    const full = { ...createRequest(command), takenBack: back.signal, ...changes };
    const requested: Requested = {
      end: undefined,
      takeBack: async () => {
        back.abort();
        await settle();
      },
      listeners: () => getEventListeners(full.takenBack, "abort").length,
    };
    void consent.request(full, by).then((end) => (requested.end = end));
    await settle();
    return requested;
  };
  return { clock, log, keep, grants, consent, asker, store, request };
}

export function createRequest(command = "uptime"): Omit<ConsentRequest, "takenBack"> {
  const host: HostInfo = createHostInfo("build01");
  return { host, command, client: "agent:test", rule: undefined, session: undefined };
}
