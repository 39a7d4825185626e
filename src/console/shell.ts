import { createHash } from 'node:crypto'
import type { PageAssets } from './assets.ts'

/** Sent with every file of the console. */
export const FILE_HEADERS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
} as const

/** The HTML of every screen; the script draws the screen of the URL. */
export function shell(
  assets: PageAssets,
  { registration }: { registration: 'open' | 'token' | 'closed' },
): { html: string; headers: Record<string, string> } {
  const preloads = [assets.script, ...assets.modules].map((url) => `<link rel="modulepreload" href="${url}">`)
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="belfry-words" content="${escaped(JSON.stringify(assets.words))}">
<meta name="belfry-registration" content="${registration}">
<title>Belfry</title>
<link rel="icon" href="${assets.icon}" type="image/svg+xml">
<link rel="stylesheet" href="${assets.style}">
<script type="importmap">${assets.importMap}</script>
${preloads.join('\n')}
<script type="module" src="${assets.script}"></script>
</head>
<body>
<div id="app"></div>
<noscript>The console needs JavaScript. Everything that it shows is also in the API below /_belfry/v1 and in the commands of "belfry push".</noscript>
</body>
</html>
`
  return { html, headers: { ...FILE_HEADERS, ...documentHeaders(assets.importMap) } }
}

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')

/**
 * The page may load, run and call nothing but this server. User-written text cannot become markup: the page
 * has no sink for it (Trusted Types).
 */
function documentHeaders(importMap: string): Record<string, string> {
  const hash = createHash('sha256').update(importMap).digest('base64')
  const policy = [
    `default-src 'none'`,
    `script-src 'self' 'sha256-${hash}'`,
    `style-src 'self'`,
    `connect-src 'self'`,
    `img-src 'self'`,
    `worker-src 'self'`,
    `base-uri 'none'`,
    `form-action 'none'`,
    `frame-ancestors 'none'`,
    `require-trusted-types-for 'script'`,
    `trusted-types belfry`,
  ]
  return {
    'content-security-policy': policy.join('; '),
    'cross-origin-opener-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
    'x-frame-options': 'DENY',
    'x-robots-tag': 'noindex',
  }
}
