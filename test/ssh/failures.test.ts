import type { Socket } from "node:net";
import { describe, it, type TestContext } from "node:test";
import { connectWithoutSignIn } from "../support/halfOpen";
import {
  assertSameEverywhere,
  failOn,
  type ExpectedFailure,
  type FailingHost,
} from "../support/failedHost";
import { atPort, serve } from "../support/failingHosts";
import { createFullPort } from "../support/fullPort";
import { freePort } from "../support/loopback";
import { createTcpServer } from "../support/oddServers";
import { startTcpProxy } from "../support/tcpProxy";

type Failure = ExpectedFailure & {
  readonly when: string;
  readonly host: (t: TestContext) => Promise<FailingHost>;
};

/** A server of plain TCP. */
function odd(serveOne: (socket: Socket) => void): Failure["host"] {
  return async (t) => atPort(await createTcpServer(t, serveOne));
}

const greeting = "SSH-2.0-OpenSSH_9.2\r\n";
const checkConfig = /[Cc]heck HostName and Port in the ssh config/;
const verbose = /`ssh -v` in a terminal shows more\.$/;

const failures: readonly Failure[] = [
  {
    when: "its name is not known",
    host: () => Promise.resolve({ config: ["HostName no-such-host.invalid", "User dev"] }),
    code: "hostNameNotResolved",
    cause: /^SSH hostname resolution failed: DNS lookup failed\. Nothing is known of dev@no-such/,
    next: /check HostName in the ssh config, and the VPN\.$/,
  },
  {
    when: "nobody listens on its port",
    host: async () => atPort(await freePort()),
    code: "connectionRefused",
    cause: /^SSH connection refused: Port may be closed .* no SSH server listens there/,
    next: /check Port in the ssh config\.$/,
  },
  {
    when: "it does not accept the connection",
    host: async (t) => atPort(await createFullPort(t)),
    code: "hostSilent",
    cause: /^SSH connection timeout: Host did not respond\. .*accept the connection within 2 s/,
    next: /Check HostName and Port .*, and try again\.$/,
  },
  {
    when: "it accepts and says nothing",
    host: odd((socket) => void socket.resume()),
    code: "hostSilent",
    cause: /did not (?:finish the key exchange|say that it speaks SSH) within 2 s/,
    next: /Check HostName and Port .*, and try again\.$/,
  },
  {
    when: "it greets and then says nothing",
    host: odd((socket) => void socket.resume().write(greeting)),
    code: "hostSilent",
    cause: /did not finish the key exchange within [24] s/,
    next: /Check HostName and Port .*, and try again\.$/,
  },
  {
    when: "it says nothing during the sign-in",
    host: async (t) => {
      const { sshd, config } = await serve(t);
      const proxy = await startTcpProxy(sshd.port);
      t.after(() => proxy.close());
      proxy.freezeAt(1, 5); // behind the key exchange
      return { config: [`Port ${proxy.port}`, `HostKeyAlias [127.0.0.1]:${sshd.port}`, ...config] };
    },
    code: "hostSilent",
    cause: /did not finish the sign-in within [24] s/,
    next: /Check the host, and try again\.$/,
  },
  {
    when: "it speaks HTTP",
    host: odd((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")),
    code: "handshakeFailed",
    cause:
      /^SSH error: No SSH 2 server\. .* speaks something else \("HTTP\/1\.1 400 Bad Request"\)/,
    next: new RegExp(`${checkConfig.source}; ${verbose.source}`),
  },
  {
    when: "it speaks SSH 1",
    host: odd((socket) => socket.end("SSH-1.5-old\r\n")),
    code: "handshakeFailed",
    cause: /speaks something else \("SSH-1\.5-old"\)/,
    next: new RegExp(`${checkConfig.source}; ${verbose.source}`),
  },
  {
    when: "it greets and closes",
    host: odd((socket) => socket.end(greeting)),
    code: "connectionLost",
    cause: /^SSH error: Connection closed\. .* ended the conversation before the sign-in/,
    next: verbose,
  },
  {
    when: "it closes at once",
    host: odd((socket) => socket.end()),
    code: "connectionDropped",
    cause: /^SSH error: Connection dropped\. .*before it said that it speaks SSH .*MaxStartups/,
    next: /try again later; `ssh -v` in a terminal shows more\.$/,
  },
  {
    when: "too many are signing in to it (MaxStartups)",
    host: async (t) => {
      const host = await serve(t, { config: ["MaxStartups 1:100:1"] });
      await connectWithoutSignIn(t, host.sshd.port);
      return host;
    },
    code: "connectionDropped",
    cause: /too many sign-ins under way \(MaxStartups\)/,
    next: /try again later; `ssh -v` in a terminal shows more\.$/,
  },
  {
    when: "it has no algorithm in common with us",
    host: (t) => serve(t, { config: ["KexAlgorithms diffie-hellman-group1-sha1"] }),
    code: "noCommonAlgorithm",
    cause: /^SSH error: No common algorithm\. .* \("[^"]*no matching key exchange/,
    next: /Update whichever is older, or allow one that both know in its sshd_config\.$/,
  },
];

describe("a host that can't be connected to:", { timeout: 120_000 }, () => {
  for (const { when, host, ...expected } of failures) {
    for (const transport of ["ssh2", "ssh"] as const) {
      it(`${when}, by ${transport}`, async (t) => {
        const seen = await failOn(t, await host(t), transport);

        assertSameEverywhere(seen, expected);
      });
    }
  }
});
