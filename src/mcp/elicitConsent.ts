import type { RequestHandlerExtra } from "@modelcontextprotocol/sdk/shared/protocol.js";
import {
  ElicitResultSchema,
  EmptyResultSchema,
  type ServerNotification,
  type ServerRequest,
} from "@modelcontextprotocol/sdk/types.js";
import type { ConsentAnswer, ConsentAsker, ConsentQuestion } from "../tasks/consent";
import { visibleOutput } from "../tasks/visibleText";

const maxShownCommand = 2000;
/** The question is ours to end: longer than any person has for it. */
const longestMs = 24 * 3_600_000;

/** The answers as the person reads them; the one that lets nothing run comes first, as some clients choose the first. */
const titles: Readonly<Record<ConsentAnswer, string>> = {
  deny: "Deny",
  once: "Once",
  session: "This session",
  always: "Always on this host",
};

type SendRequest = RequestHandlerExtra<ServerRequest, ServerNotification>["sendRequest"];

/**
 * Makes the askers of a session, one for each request. The SDK's client can't take the request with the id 0 away again
 * (its `_oncancel`), so that id goes to a ping and not to the first question.
 */
export function elicitInSession(): (send: SendRequest) => ConsentAsker {
  let isFirst = true;
  return (send) => {
    const asker = elicitConsent(send);
    return {
      ask(question, signal) {
        if (isFirst) send({ method: "ping" }, EmptyResultSchema).catch(() => undefined);
        isFirst = false;
        return asker.ask(question, signal);
      },
    };
  };
}

/** Asks the person behind an MCP client (MCP, client/elicitation, form mode), over the request that needs their word. */
function elicitConsent(send: SendRequest): ConsentAsker {
  return {
    async ask(question, signal) {
      const offers = (["deny", "once", "session", "always"] as const).filter((answer) =>
        question.offers.includes(answer),
      );
      const answer = {
        type: "string" as const,
        title: "May it run?",
        enum: offers.map((offer) => titles[offer]),
      };
      const requestedSchema = {
        type: "object" as const,
        properties: { answer },
        required: ["answer"],
      };
      const params = { message: questionText(question), requestedSchema };
      try {
        const options = { signal, timeout: longestMs };
        const result = await send(
          { method: "elicitation/create", params },
          ElicitResultSchema,
          options,
        );
        if (result.action === "decline") return "deny";
        if (result.action !== "accept") return undefined;
        return offers.find((offer) => titles[offer] === result.content?.["answer"]);
      } catch {
        return undefined; // the client is gone, has taken the request back or can't show the question
      }
    },
  };
}

function questionText({ host, command, client, rule }: ConsentQuestion): string {
  const { alias, user, hostName } = host;
  const shown = Array.from(visibleOutput(command));
  const rest = shown.length - maxShownCommand;
  return [
    `${client} wants to run a command on ${alias} (${user}@${hostName})${rule === undefined ? "" : `; the policy wants you asked (${rule})`}:`,
    shown.slice(0, maxShownCommand).join("") + (rest > 0 ? ` … (${rest} more characters)` : ""),
  ].join("\n\n");
}
