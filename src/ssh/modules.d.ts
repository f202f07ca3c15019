/** See the plugin `threads` of esbuild.js. */
declare module "*?thread" {
  const code: string;
  export default code;
}

/** ssh2's reader of keys alone, without its cryptography of connections. */
declare module "ssh2/lib/protocol/keyParser.js" {
  import type { ParsedKey } from "ssh2";
  export function parseKey(data: Buffer, passphrase?: string): ParsedKey | Error;
}
