import { randomBytes } from "node:crypto";

/** The page around the panel's script: no text of ours or of anybody else, so there is nothing to escape but the address. */
export function panelHtml(scriptUri: string, nonce = createNonce()): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="UTF-8">
<meta http-equiv="Content-Security-Policy" content="${contentPolicy(nonce)}">
<meta name="viewport" content="width=device-width, initial-scale=1.0">
<meta property="csp-nonce" content="${nonce}">
<title>SSH Tasks</title>
</head>
<body>
<script nonce="${nonce}" src="${escapeAttribute(scriptUri)}"></script>
</body>
</html>`;
}

/** Only our script and the styles it makes; `fast-html` is the policy by which the toolkit makes its templates. */
function contentPolicy(nonce: string): string {
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src 'nonce-${nonce}'`,
    "require-trusted-types-for 'script'",
    "trusted-types fast-html",
  ].join("; ");
}

function createNonce(): string {
  return randomBytes(24).toString("base64url");
}

function escapeAttribute(value: string): string {
  return value.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
}
