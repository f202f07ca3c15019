import { once } from "node:events";
import { connect } from "node:net";
import type { TestContext } from "node:test";
import { eventually } from "./eventually";

/** A connection to an SSH server that never signs in, as those have that MaxStartups counts. It ends with the test. */
export async function connectWithoutSignIn(t: TestContext, port: number): Promise<void> {
  // One that was there before may still count.
  await eventually("the server greets", async () => {
    const socket = connect(port, "127.0.0.1").on("error", () => undefined);
    t.after(() => socket.destroy());
    const [greeting] = (await once(socket, "data")) as [Buffer];
    return greeting.toString().startsWith("SSH-");
  });
}
