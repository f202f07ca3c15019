/**
 * What begins a control string: OSC, DCS, APC, PM and SOS (ECMA-48, 5.6), in 7 and in 8 bits. Escape characters before it
 * mean nothing, and would begin something with what comes after it.
 */
const opening = /\x1b+[\]P_^X]|\x1b*[\x9d\x90\x9f\x9e\x98]/;
/** What ends one for terminals: BEL, ST, CAN, SUB, or the next sequence. */
const ending = /[\x07\x9c\x18\x1a]|\x1b/;

/**
 * Takes the control strings out of what a host prints, piece by piece: with them a terminal of the editor would set the
 * clipboard, the title or the working directory, and take lines for commands of the person. Colours and cursor moves stay.
 */
export class TerminalFilter {
  private isInside = false;
  /** Escape characters whose meaning the next piece says. */
  private held = "";

  /** @returns what of the next piece is to be shown. */
  push(piece: string): string {
    let rest = this.held + piece;
    this.held = "";
    let shown = "";
    while (rest !== "") {
      const found = (this.isInside ? ending : opening).exec(rest);
      if (!found) {
        this.held = /\x1b*$/.exec(rest)?.[0] ?? "";
        return this.isInside ? shown : shown + rest.slice(0, rest.length - this.held.length);
      }
      const { index: at } = found;
      if (!this.isInside) {
        shown += rest.slice(0, at);
        rest = rest.slice(at + found[0].length);
        this.isInside = true;
      } else if (rest.slice(at) === "\x1b") {
        this.held = "\x1b";
        return shown;
      } else {
        rest = rest.slice(at + lengthOfEnd(rest.slice(at, at + 2)));
        this.isInside = false;
      }
    }
    return shown;
  }
}

/** An escape character that begins another sequence is a part of that. */
function lengthOfEnd(end: string): number {
  if (!end.startsWith("\x1b")) return 1;
  return end === "\x1b\\" ? 2 : 0;
}
