import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/** A fresh 256-bit secret that a client sends as `Authorization: Bearer VALUE`. */
export class BearerToken {
  readonly value = randomBytes(32).toString("base64url");
  private readonly digest = sha256(this.value);

  /** Takes the same time whatever the header holds: digests of equal length are compared. */
  matches(authorization: string | undefined): boolean {
    const presented = /^Bearer +(\S+)$/i.exec(authorization ?? "")?.[1] ?? "";
    return timingSafeEqual(sha256(presented), this.digest);
  }
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text, "utf8").digest();
}
