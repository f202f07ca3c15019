import type { ITheme, Terminal } from "@xterm/xterm";

/** Gives the terminal the colours, font and contrast of the editor's theme, now and whenever they change. */
export function followTheme(terminal: Terminal, onFontChange: () => void): void {
  const apply = (): void => {
    const body = document.body.classList;
    terminal.options = {
      theme: readTheme(),
      fontFamily: read("editor-font-family") ?? "monospace",
      fontSize: Number.parseFloat(read("editor-font-size") ?? "") || 12,
      minimumContrastRatio: body.contains("vscode-high-contrast") ? 7 : 4.5,
      screenReaderMode: body.contains("vscode-using-screen-reader"),
    };
    onFontChange();
  };
  // VS Code sets the variables right after the class that announces them.
  const observer = new MutationObserver(() => requestAnimationFrame(apply));
  observer.observe(document.body, {
    attributes: true,
    attributeFilter: ["class", "data-vscode-theme-id"],
  });
  apply();
}

const colors = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"] as const;

function readTheme(): ITheme {
  const ansi = colors.flatMap((color) => {
    const name = `${color.charAt(0).toUpperCase()}${color.slice(1)}`;
    return [
      [color, read(`terminal-ansi${name}`)],
      [`bright${name}`, read(`terminal-ansiBright${name}`)],
    ];
  });
  return {
    // Most themes leave terminal-background unset.
    background: read("terminal-background", "panel-background", "editor-background"),
    foreground: read("terminal-foreground", "editor-foreground"),
    selectionBackground: read("terminal-selectionBackground"),
    selectionInactiveBackground: read("terminal-inactiveSelectionBackground"),
    scrollbarSliderBackground: read("scrollbarSlider-background"),
    scrollbarSliderHoverBackground: read("scrollbarSlider-hoverBackground"),
    scrollbarSliderActiveBackground: read("scrollbarSlider-activeBackground"),
    ...(Object.fromEntries(ansi) as ITheme),
  };
}

/** The first of the theme's variables that is set. */
function read(...names: readonly string[]): string | undefined {
  const style = getComputedStyle(document.documentElement);
  return names.map((name) => style.getPropertyValue(`--vscode-${name}`).trim()).find(Boolean);
}
