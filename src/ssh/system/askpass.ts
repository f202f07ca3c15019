import { connect } from "node:net";
import { dirname, join } from "node:path";
import type { AskpassQuestion } from "./askpassServer";

/**
 * What ssh runs to ask the person something (ssh(1), SSH_ASKPASS): hands the question to the process that started ssh, and
 * prints the answer. It fails where there is none.
 */
const [, script = "", prompt = ""] = process.argv;
const question: AskpassQuestion = {
  token: process.env["SSH_TASKS_ASKPASS"] ?? "",
  prompt,
  kind: process.env["SSH_ASKPASS_PROMPT"] ?? "",
};
process.exitCode = 1;
const socket = connect(join(dirname(script), "askpass.sock"));
let answer = "";
socket.setEncoding("utf8");
socket.on("data", (text: string) => (answer += text));
socket.on("error", () => undefined);
socket.on("end", () => {
  if (!answer.endsWith("\n")) return;
  process.exitCode = 0;
  process.stdout.write(answer);
});
socket.write(`${JSON.stringify(question)}\n`);
