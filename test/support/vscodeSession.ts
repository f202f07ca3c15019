import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { z } from "zod";
import { launchBrowser, openPage } from "./browser";
import { Cleanup } from "./cleanup";
import { startCodeServer, type CodeServer, type CodeServerOptions } from "./codeServer";
import { eventually } from "./eventually";
import { cacheFolder, repositoryRoot } from "./repo";
import { packVsix } from "./vsix";

export interface VsCodeOptions extends Pick<
  CodeServerOptions,
  "settings" | "env" | "workspaceFiles"
> {
  /** The extension under test; without it there is only the companion. */
  readonly extensionVsix?: string;
}

/** What the scripted model says in one turn. */
export type ScriptStep =
  { readonly tool: string; readonly input?: object } | { readonly text: string };

/** How VS Code's agent answered a message. */
export type ChatAnswer =
  /** `toolResults` are the texts the model got, in the order of the calls. */
  | { readonly kind: "answered"; readonly toolResults: readonly string[] }
  /** It waits for the person, in the chat view. */
  | { readonly kind: "confirmation"; readonly toolId: string };

const themes = {
  "Default Dark Modern": "vs-dark",
  "Default Light Modern": "vs",
  "Default High Contrast": "hc-black",
  "Default High Contrast Light": "hc-light",
} as const;

/** Starts a real VS Code with the extension and the companion in it, and opens it in a browser. */
export async function startVsCode(options: VsCodeOptions = {}): Promise<VsCodeSession> {
  const cleanup = new Cleanup();
  try {
    const dir = await mkdtemp(join(tmpdir(), "ssh-tasks-vscode-"));
    cleanup.add(() => rm(dir, { recursive: true, force: true }));
    const companionVsix = join(dir, "companion.vsix");
    await packVsix(join(repositoryRoot(), "test/support/companion"), companionVsix);
    const companion = new Companion(join(dir, "companion"), randomBytes(16).toString("hex"));
    const server = await startCodeServer({
      ...options,
      vsix: [
        ...(options.extensionVsix === undefined ? [] : [options.extensionVsix]),
        companionVsix,
      ],
      env: { ...options.env, ...companion.env },
      // A model group of another vendor than Copilot opens agent mode without a sign-in.
      userFiles: { "chatLanguageModels.json": JSON.stringify([{ vendor: "e2e", name: "E2E" }]) },
    });
    cleanup.add(() => server.close());
    const browser = await launchBrowser();
    cleanup.add(() => browser.close());
    const page = await openPage(browser);
    await page.goto(server.url, { waitUntil: "commit" });
    await companion.ready();
    return new VsCodeSession(page, server, companion, () => cleanup.run());
  } catch (error) {
    await cleanup.run();
    throw error;
  }
}

/** A VS Code window under test. */
export class VsCodeSession {
  constructor(
    readonly page: Page,
    readonly server: Pick<CodeServer, "dir" | "url" | "workspace">,
    private readonly companion: Companion,
    readonly close: () => Promise<void>,
  ) {}

  /** Runs code in the extension host, as the body of an async function of `vscode` and `companion` (its main.mjs). */
  evaluate(code: string): Promise<unknown> {
    return this.companion.evaluate(code);
  }

  async enableAgentMode(): Promise<void> {
    await this.evaluate("await companion.enableAgentMode()");
  }

  /** Starts the extension's MCP server, as VS Code would at the first chat message, and waits for one of its tools. */
  async startMcp(toolName: string): Promise<void> {
    await this.evaluate(`await companion.startMcp(${JSON.stringify(toolName)})`);
  }

  /** Says something to VS Code's agent, whose model follows the script; agent mode has to be enabled. */
  async ask(query: string, script: readonly ScriptStep[]): Promise<ChatAnswer> {
    const answer = await this.evaluate(
      `return companion.ask(${JSON.stringify(query)}, ${JSON.stringify(script)})`,
    );
    return chatAnswer.parse(answer);
  }

  async setTheme(theme: keyof typeof themes): Promise<void> {
    const settings = `vscode.workspace.getConfiguration("workbench")`;
    await this.evaluate(
      `await ${settings}.update("colorTheme", ${JSON.stringify(theme)}, vscode.ConfigurationTarget.Global)`,
    );
    await this.page.locator(`.monaco-workbench.${themes[theme]}`).waitFor();
  }

  /** Reloads the window as a person does; resolves once the extensions are back. */
  async reload(): Promise<void> {
    await this.companion.forget();
    await this.page.reload({ waitUntil: "commit" });
    await this.companion.ready();
  }

  /** Opens another window of this VS Code, with an extension host of its own; it closes with the session. */
  async openWindow(): Promise<Page> {
    const browser = this.page.context().browser();
    if (!browser) throw new Error("The browser is gone");
    const page = await openPage(browser);
    await page.goto(this.server.url, { waitUntil: "commit" });
    return page;
  }

  /** Keeps a picture of the window, or of another one, in .cache/screenshots and gives its path. */
  async screenshot(name: string, page = this.page): Promise<string> {
    const folder = join(cacheFolder(), "screenshots");
    await mkdir(folder, { recursive: true });
    const path = join(folder, `${name}.png`);
    await page.screenshot({ path });
    return path;
  }
}

/** Our end of the companion extension: it writes its port to a file once it is active. */
class Companion {
  readonly env: Readonly<Record<string, string>>;

  constructor(
    private readonly file: string,
    private readonly secret: string,
  ) {
    this.env = { SSH_TASKS_COMPANION_FILE: file, SSH_TASKS_COMPANION_SECRET: secret };
  }

  async ready(): Promise<void> {
    await eventually(
      "the extensions of VS Code are active",
      () => readFile(this.file, "utf8"),
      60_000,
    );
  }

  async forget(): Promise<void> {
    await rm(this.file, { force: true });
  }

  async evaluate(code: string): Promise<unknown> {
    const port = await readFile(this.file, "utf8");
    const response = await fetch(`http://127.0.0.1:${port}`, {
      method: "POST",
      headers: { "x-secret": this.secret },
      body: code,
      // With a modal dialog open, commands of VS Code may never return.
      signal: AbortSignal.timeout(120_000),
    });
    const { value, error } = companionAnswer.parse(await response.json());
    if (error !== undefined) throw new Error(error);
    return value;
  }
}

const companionAnswer = z.object({ value: z.unknown().optional(), error: z.string().optional() });

const toolResult = z
  .object({ content: z.array(z.object({ value: z.unknown() })) })
  .transform(({ content }) => content.map(({ value }) => String(value)).join("\n"));

const chatAnswer = z.union([
  z
    .object({ type: z.literal("confirmation"), toolId: z.string() })
    .transform(({ toolId }): ChatAnswer => ({ kind: "confirmation", toolId })),
  z
    .object({
      metadata: z.object({ toolCallResults: z.record(z.string(), toolResult).default({}) }),
    })
    .transform(({ metadata }): ChatAnswer => ({
      kind: "answered",
      toolResults: Object.values(metadata.toolCallResults),
    })),
]);
