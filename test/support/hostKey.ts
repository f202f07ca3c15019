import ssh2 from "ssh2";

/** A host key for a server of ssh2. Of those it makes, it can't read one in some 160 itself. */
export function generateHostKey(): ReturnType<typeof ssh2.utils.generateKeyPairSync> {
  for (;;) {
    const key = ssh2.utils.generateKeyPairSync("ed25519");
    if (!(ssh2.utils.parseKey(key.private) instanceof Error)) return key;
  }
}
