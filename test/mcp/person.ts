import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import {
  ElicitRequestSchema,
  type ElicitRequest,
  type ElicitResult,
} from "@modelcontextprotocol/sdk/types.js";
import { eventually } from "../support/eventually";
import type { Headless } from "../support/headless";

/** A question on the person's screen, until the test answers it. */
export interface ShownQuestion {
  readonly params: ElicitRequest["params"];
  /** Aborted when the server takes it away. */
  readonly signal: AbortSignal;
  answer(result: ElicitResult | string): void;
}

/** A client of the SDK that can ask its person, who is the test. */
export interface AskingClient {
  readonly client: Client;
  readonly questions: readonly ShownQuestion[];
  /** Resolves with the nth question, once it is shown. */
  readonly shown: (count: number) => Promise<ShownQuestion>;
}

export async function connectAsking(
  transport: Transport,
  name = "asking client",
): Promise<AskingClient> {
  const client = new Client({ name, version: "1.0.0" }, { capabilities: { elicitation: {} } });
  const questions: ShownQuestion[] = [];
  client.setRequestHandler(
    ElicitRequestSchema,
    ({ params }, { signal }) =>
      new Promise((resolve) => {
        const answer = (result: ElicitResult | string): void =>
          resolve(
            typeof result === "string" ? { action: "accept", content: { answer: result } } : result,
          );
        questions.push({ params, signal, answer });
      }),
  );
  await client.connect(transport);
  const shown = (count: number): Promise<ShownQuestion> =>
    eventually(`${count} questions are shown`, () => questions[count - 1]);
  return { client, questions, shown };
}

/** The same, with a session of its own at a headless server over HTTP. */
export function connectAskingTo(
  { url, token }: Pick<Headless, "url" | "token">,
  name?: string,
): Promise<AskingClient> {
  const requestInit = { headers: { Authorization: `Bearer ${token}` } };
  const transport = new StreamableHTTPClientTransport(new URL(url), { requestInit });
  return connectAsking(transport, name);
}
