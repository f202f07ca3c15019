import { chromium, type Browser, type Page } from "playwright-core";
import { requireProgram } from "./childProcesses";

/** Starts the system's Chromium, headless and without its own traffic. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: requireProgram("chromium"),
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** A page with a fresh profile that reaches nothing but this machine. */
export async function openPage(browser: Browser): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
  await page.route(isOutside, (route) => route.abort());
  return page;
}

/** *.vscode-cdn.net is answered by the service worker of VS Code's webviews, without a network. */
function isOutside({ hostname }: URL): boolean {
  return hostname !== "127.0.0.1" && !hostname.endsWith(".vscode-cdn.net");
}
