import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";

/**
 * The answers that each connection still waits for. Node tells only the first of them when the connection is gone; those
 * that a pipelining client has queued behind it would count as under way for ever.
 */
export class OpenAnswers {
  private readonly bySocket = new WeakMap<Socket, Set<ServerResponse>>();

  /** To be called for each new connection. */
  watch(socket: Socket): void {
    const answers = new Set<ServerResponse>();
    this.bySocket.set(socket, answers);
    socket.once("close", () => {
      for (const answer of answers) {
        if (answer.destroyed) continue;
        answer.destroy();
        answer.emit("close");
      }
    });
  }

  /** To be called for each request. */
  add(socket: Socket, answer: ServerResponse): void {
    const answers = this.bySocket.get(socket);
    answers?.add(answer);
    answer.once("close", () => answers?.delete(answer));
  }
}
