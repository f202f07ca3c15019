// For tests only: see package.json. vscodeSession.ts is its other half.
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import * as vscode from "vscode";

const chatExtension = "GitHub.copilot-chat";

/** What code given to the endpoint sees as `companion`. */
const companion = {
  /** What the model says next: `{ tool, input }` calls a tool, `{ text }` answers. */
  script: [],
  /** Every request to the model that offered it tools: `{ tools, messages }`. */
  requests: [],
  startMcp,
  enableAgentMode,
  ask,
};

export async function activate(context) {
  context.subscriptions.push(vscode.lm.registerLanguageModelChatProvider("e2e", model));
  const server = createServer((request, response) => void evaluate(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  context.subscriptions.push({ dispose: () => server.close() });
  writeFileSync(process.env.SSH_TASKS_COMPANION_FILE, String(server.address().port));
}

const model = {
  async provideLanguageModelChatInformation() {
    const limits = { maxInputTokens: 100_000, maxOutputTokens: 8_000 };
    const capabilities = { toolCalling: true };
    return [
      {
        id: "scripted",
        name: "Scripted",
        family: "scripted",
        version: "1",
        ...limits,
        capabilities,
      },
    ];
  },
  async provideLanguageModelChatResponse(_model, messages, { tools = [] }, progress) {
    if (tools.length === 0) {
      // VS Code asks for titles and summaries too.
      progress.report(new vscode.LanguageModelTextPart("title"));
      return;
    }
    companion.requests.push({ tools: tools.map(({ name }) => name), messages });
    const step = companion.script.shift() ?? { text: "(nothing left in the script)" };
    progress.report(
      step.tool
        ? new vscode.LanguageModelToolCallPart(
            `call_${companion.requests.length}`,
            step.tool,
            step.input ?? {},
          )
        : new vscode.LanguageModelTextPart(step.text),
    );
  },
  async provideTokenCount() {
    return 10;
  },
};

/** Runs the posted code as the body of an async function of `vscode` and `companion`. */
async function evaluate(request, response) {
  const code = await text(request);
  if (request.headers["x-secret"] !== process.env.SSH_TASKS_COMPANION_SECRET) {
    response.writeHead(403).end();
    return;
  }
  const AsyncFunction = (async () => {}).constructor;
  try {
    const value = await new AsyncFunction("vscode", "companion", code)(vscode, companion);
    response.end(JSON.stringify({ value }));
  } catch (error) {
    response.end(JSON.stringify({ error: String(error?.stack ?? error) }));
  }
}

/** Starts the MCP servers of extensions until the tool is there; VS Code collects them about a second late. */
function startMcp(toolName) {
  return until(`tool ${toolName}`, async () => {
    await vscode.commands.executeCommand("workbench.mcp.startServer", "*", {
      waitForLiveTools: true,
    });
    return vscode.lm.tools.some(({ name }) => name === toolName);
  });
}

/** Switches VS Code's own agent on, which is off in a fresh profile where nobody is signed in. */
async function enableAgentMode() {
  if (!vscode.extensions.getExtension(chatExtension)) {
    const settings = vscode.workspace.getConfiguration("chat");
    await settings.update("disableAIFeatures", true, vscode.ConfigurationTarget.Global);
    await settings.update("disableAIFeatures", false, vscode.ConfigurationTarget.Global);
    await until(chatExtension, () => vscode.extensions.getExtension(chatExtension));
  }
  await vscode.extensions.getExtension(chatExtension).activate();
}

/** Sends a chat message in agent mode; resolves with the answer, or with what waits for the person. */
function ask(query, script) {
  companion.script = script;
  const selection = { mode: "agent", modelSelector: { vendor: "e2e" } };
  return vscode.commands.executeCommand("workbench.action.chat.open", {
    query,
    ...selection,
    blockOnResponse: true,
  });
}

async function until(what, probe, ms = 30_000) {
  for (const deadline = Date.now() + ms; Date.now() < deadline; await delay(100)) {
    const answer = await probe();
    if (answer) return answer;
  }
  throw new Error(`Not within ${ms} ms: ${what}`);
}
