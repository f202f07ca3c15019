import { StringDecoder } from "node:string_decoder";

/** Lines of ours are shorter; a hostile host gets no more of our memory for one. */
const maxLineLength = 4096;

/** Takes what a host says apart into lines; one that is too long is passed over. */
export class HostLines {
  private readonly decoder = new StringDecoder("utf8");
  private text = "";
  private tooLong = false;

  constructor(private readonly onLine: (line: string) => void) {}

  push(bytes: Buffer): void {
    const lines = (this.text + this.decoder.write(bytes)).split("\n");
    this.text = lines.pop() ?? "";
    for (const line of lines) {
      if (!this.tooLong && line.length <= maxLineLength) this.onLine(line);
      this.tooLong = false;
    }
    if (this.text.length <= maxLineLength) return;
    this.text = "";
    this.tooLong = true;
  }
}
