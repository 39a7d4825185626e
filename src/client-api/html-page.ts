import { type Content, content } from '../http/content.ts'
import type { ReplyWith } from '../http/route.ts'
import type { WordsOf } from '../language/load-words.ts'
import { Html, safeHtml } from '../lib/html.ts'

const STYLE =
  new Html(`body{font:16px/1.5 system-ui,sans-serif;max-width:34em;margin:4em auto;padding:0 1em;color:#222}
button{font:inherit;padding:.5em 1.2em;border:0;border-radius:.4em;background:#2457a7;color:#fff;cursor:pointer}
.word{word-break:break-word}`)

// The page contains its style and may load, run or send nothing else. Its URL contains a token, so no referrer is sent.
const HEADERS = {
  'content-security-policy': `default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'x-robots-tag': 'noindex',
}

/** The response of `page` in the `response` of a route. */
export const HTML = { mediaType: 'text/html' }

/** An HTML page for users who open a link in a mail, in the language of its words. It has no scripts. */
export function page<const Status extends number>(
  status: Status,
  { language, direction }: Pick<WordsOf<'pages'>, 'language' | 'direction'>,
  { title, content: inner }: { title: string; content: Html },
): ReplyWith<Status, Content> {
  const text = safeHtml`<!doctype html>
    <html lang="${language}" dir="${direction}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>${title}</title>
        <style>
          ${STYLE}
        </style>
      </head>
      <body>
        <h1>${title}</h1>
        ${inner}
      </body>
    </html> `
  return content(status, {
    data: text.text,
    type: 'text/html; charset=utf-8',
    cacheControl: 'no-store',
    headers: { ...HEADERS, 'content-language': language },
  })
}

/** A button that sends a POST to the URL of the page. GET must change nothing. */
export const button = (label: string): Html => safeHtml`<form method="post"><button>${label}</button></form>`
