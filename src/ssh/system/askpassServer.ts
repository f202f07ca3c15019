import { randomBytes } from "node:crypto";
import { createServer, type Server, type Socket } from "node:net";
import type { Disposable } from "../../tasks/lifecycle";

/** What `askpass.ts` sends, as a line of JSON; it prints the line that it is answered with. */
export interface AskpassQuestion {
  /** Says which connection asks. */
  readonly token: string;
  readonly prompt: string;
  /** SSH_ASKPASS_PROMPT: "" for a secret, `confirm` for a yes or no, `none` for what is only to be told. */
  readonly kind: string;
}

/** Answers a question; undefined is no answer. The signal is aborted when nobody waits for it any more. */
export type AnswerAskpass = (
  question: AskpassQuestion,
  signal: AbortSignal,
) => Promise<string | undefined>;

/** Nobody asks more in one go. */
const maxQuestionLength = 65_536;

/** Hears the questions of the ssh processes of this window, each connection by its own token. */
export class AskpassServer implements Disposable {
  private readonly answerers = new Map<string, AnswerAskpass>();
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly server: Server) {}

  /** Listens on a socket in a folder that nobody else can enter. Rejects with an Error. */
  static async listen(path: string): Promise<AskpassServer> {
    const server = createServer();
    const askpass = new AskpassServer(server);
    server.on("connection", (socket) => askpass.hear(socket));
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(path, resolve);
    });
    server.on("error", () => undefined);
    server.unref();
    return askpass;
  }

  /** @returns the token of a connection, whose questions go to `answer` until it is disposed of. */
  register(answer: AnswerAskpass): { readonly token: string } & Disposable {
    const token = randomBytes(16).toString("hex");
    this.answerers.set(token, answer);
    return { token, dispose: () => this.answerers.delete(token) };
  }

  dispose(): void {
    this.answerers.clear();
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }

  private hear(socket: Socket): void {
    const gone = new AbortController();
    let text = "";
    this.sockets.add(socket);
    socket.setEncoding("utf8");
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.sockets.delete(socket);
      gone.abort();
    });
    socket.on("data", (part: string) => {
      text += part;
      if (text.length > maxQuestionLength) socket.destroy();
      else if (text.endsWith("\n")) void this.answer(socket, text, gone.signal);
    });
  }

  private async answer(socket: Socket, text: string, signal: AbortSignal): Promise<void> {
    const question = parseQuestion(text);
    const answer = question && (await this.answerers.get(question.token)?.(question, signal));
    // A line break would be the end of it for ssh.
    if (answer === undefined || /[\r\n]/.test(answer)) socket.end();
    else socket.end(`${answer}\n`);
  }
}

function parseQuestion(text: string): AskpassQuestion | undefined {
  try {
    const value = JSON.parse(text) as Partial<Record<keyof AskpassQuestion, unknown>> | null;
    const { token, prompt, kind } = value ?? {};
    const isQuestion =
      typeof token === "string" && typeof prompt === "string" && typeof kind === "string";
    return isQuestion ? { token, prompt, kind } : undefined;
  } catch {
    return undefined; // not of ours
  }
}
