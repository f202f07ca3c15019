import type { Duplex } from "node:stream";
import type { Client, NegotiatedAlgorithms } from "ssh2";
import { visible } from "../tasks/visibleText";
import { Greeting } from "./greeting";

/** What of a server's banner is kept. */
const maxBanner = 1024;

/** What is seen of one conversation of ssh2's with a server until the sign-in; each step goes to the log, none with a secret. */
export class Conversation {
  readonly greeting: Greeting;
  /** Whether the keys are agreed on. */
  signsIn = false;
  /** The server's banner (RFC 4252, section 5.4). */
  banner = "";

  constructor(client: Client, stream: Duplex, log: (text: string) => void) {
    this.greeting = new Greeting(stream, (start) => log(`it greets with ${visible(start)}`));
    client.once("handshake", (agreed) => {
      this.signsIn = true;
      log(describeAgreed(agreed));
    });
    client.on("banner", (text) => {
      this.banner = (this.banner + text).slice(0, maxBanner);
      log(`it says ${visible(text).slice(0, maxBanner)}`);
    });
  }
}

function describeAgreed({ kex, serverHostKey, cs, sc }: NegotiatedAlgorithms): string {
  const [to, from] = [cs, sc].map(({ cipher, mac }) => (mac === "" ? cipher : `${cipher} ${mac}`));
  const ciphers = to === from ? to : `${to} there and ${from} back`;
  return `agreed on ${kex}, ${serverHostKey}, ${ciphers}`;
}
