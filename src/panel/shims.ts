import type { Terminal } from "@xterm/xterm";

/** What the toolkit and xterm need to work under a content policy that allows no inline style. */

/** Style sheets made by script are not inline styles. */
export function adoptStyles(...texts: readonly string[]): void {
  const sheets = texts.map((text) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    return sheet;
  });
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, ...sheets];
}

/** xterm makes its style elements inside `open`; the policy lets them in if they bear our script's nonce. */
export function openWithNonce(terminal: Terminal, host: HTMLElement): void {
  const { nonce } = document.querySelector("script[nonce]") as HTMLScriptElement;
  const create: CreateElement = Reflect.get(document, "createElement");
  const createWithNonce: CreateElement = (name, options) => {
    const element = create.call(document, name, options);
    if (element instanceof HTMLStyleElement) element.nonce = nonce;
    return element;
  };
  Object.defineProperty(document, "createElement", { value: createWithNonce, configurable: true });
  try {
    terminal.open(host);
  } finally {
    Reflect.deleteProperty(document, "createElement");
  }
}

type CreateElement = (name: string, options?: ElementCreationOptions) => HTMLElement;

/** xterm colours true-colour cells through the style attribute; set through the object model it is no inline style. */
export function allowSpanStyles(): void {
  HTMLSpanElement.prototype.setAttribute = function (name, value) {
    if (name === "style") this.style.cssText = value;
    else Element.prototype.setAttribute.call(this, name, value);
  };
}
