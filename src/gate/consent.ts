import type { ConsentAnswer, ConsentAsker, ConsentQuestion } from "../tasks/consent";
import { within, type Clock } from "../tasks/clock";
import type { Logger } from "../tasks/logger";
import { asError } from "../tasks/taskError";
import { machineOf, type GrantFor, type Grants } from "./grants";

export interface ConsentParts {
  readonly grants: Grants;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Seconds that the person has for an answer, the wait for their attention included. */
  readonly seconds: () => number;
}

/** A command that needs the person's word. */
export interface ConsentRequest extends GrantFor {
  readonly command: string;
  readonly takenBack: AbortSignal;
}

interface Allowed {
  readonly by: string;
  readonly why?: undefined;
}

/** What lets it run, or why it does not. */
export type Consented = Allowed | { readonly by: string; readonly why: string };

/** One that waits for the person. */
interface Waiting extends Pick<ConsentRequest, "session"> {
  readonly machine: string;
  denied: boolean;
}

/**
 * Gets the person's word for commands: one question at a time for each who can be asked, and none where a grant holds. Who
 * that is, the session says: each request of a client brings an asker of its own, for the same person.
 */
export class Consent {
  /** The last turn of each session that has one. */
  private readonly turns = new Map<string | undefined, Promise<unknown>>();
  private readonly waiting = new Set<Waiting>();

  constructor(private readonly parts: ConsentParts) {}

  /** Never rejects. */
  async request(request: ConsentRequest, asker: ConsentAsker): Promise<Consented> {
    const granted = await this.granted(request);
    if (granted) return granted;
    const over = new AbortController();
    const end = (): void => over.abort();
    if (request.takenBack.aborted) end();
    else request.takenBack.addEventListener("abort", end, { once: true });
    const { session } = request;
    const waiting = { machine: machineOf(request.host), session, denied: false };
    this.waiting.add(waiting);
    const seconds = this.parts.seconds();
    const asking = this.inTurn(session, over.signal, async () => {
      if (waiting.denied) return denied;
      return (await this.granted(request)) ?? this.ask(request, asker, over.signal);
    });
    const aborted = new Promise<Consented>((resolve) =>
      over.signal.addEventListener("abort", () => resolve(takenBack)),
    );
    try {
      if (over.signal.aborted) return takenBack;
      const answer = Promise.race([asking, aborted]);
      return (await within(this.parts.clock, seconds * 1000, answer)) ?? unanswered(seconds);
    } finally {
      over.abort();
      this.waiting.delete(waiting);
      request.takenBack.removeEventListener("abort", end);
    }
  }

  /** What lets it run without a question, where something does. */
  async granted({ host, rule, session }: ConsentRequest): Promise<Allowed | undefined> {
    const grant = await this.parts.grants.find({ host, rule, session });
    return grant && { by: grant.expiresAt === undefined ? "grant of this session" : "grant" };
  }

  /** One after the other; who has given up meanwhile is passed over. */
  private inTurn(
    session: string | undefined,
    over: AbortSignal,
    ask: () => Promise<Consented>,
  ): Promise<Consented> {
    const before = this.turns.get(session) ?? Promise.resolve();
    const turn = before.then(() => (over.aborted ? takenBack : ask()));
    this.turns.set(session, turn);
    const end = (): unknown => this.turns.get(session) === turn && this.turns.delete(session);
    void turn.then(end);
    return turn;
  }

  private async ask(
    request: ConsentRequest,
    asker: ConsentAsker,
    over: AbortSignal,
  ): Promise<Consented> {
    const { host, command, client, rule } = request;
    const question: ConsentQuestion = { host, command, client, rule, offers: this.offers(rule) };
    const answer = await asker.ask(question, over);
    if (answer === undefined || !question.offers.includes(answer)) return unansweredAtAll;
    if (answer === "deny") return this.deny(request);
    await this.keep(request, answer);
    return { by: `answer: ${answer}` };
  }

  /** A rule wants the person asked again and again: that can't be waived for good. */
  private offers(rule: string | undefined): readonly ConsentAnswer[] {
    return rule === undefined && this.parts.grants.canKeep
      ? ["once", "session", "always", "deny"]
      : ["once", "session", "deny"];
  }

  /** Whatever else waits for this person's word on that machine has it now. */
  private deny({ host, session }: ConsentRequest): Consented {
    const machine = machineOf(host);
    for (const one of this.waiting)
      if (one.machine === machine && one.session === session) one.denied = true;
    return denied;
  }

  private async keep(request: ConsentRequest, answer: ConsentAnswer): Promise<void> {
    const { grants, logger } = this.parts;
    if (answer === "session") grants.addForSession(request);
    if (answer !== "always") return;
    try {
      await grants.addForLong(request);
    } catch (error) {
      logger.error(`The grant can't be kept and holds for this session: ${asError(error).message}`);
      grants.addForSession(request);
    }
  }
}

const denied: Consented = { by: "answer: deny", why: "The user has denied it." };
const takenBack: Consented = {
  by: "taken back",
  why: "It was taken back before the user had answered.",
};
const unansweredAtAll: Consented = { by: "no answer", why: "The user gave no answer." };

function unanswered(seconds: number): Consented {
  return { by: "no answer", why: `The user did not answer within ${seconds} s.` };
}
