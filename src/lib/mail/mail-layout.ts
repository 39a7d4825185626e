import { type Html, safeHtml } from '../html.ts'

/**
 * The HTML of a mail around its content. It has no scripts and loads no external resources. `language`: a
 * language tag.
 */
export function mailLayout({
  language,
  direction,
  title,
  content,
}: {
  language: string
  direction: 'ltr' | 'rtl'
  title: string
  content: Html
}): string {
  // Some mail programs drop the attributes of <html>, others those of <body>.
  return safeHtml`<!doctype html>
<html lang="${language}" dir="${direction}"><head><meta charset="utf-8"><title>${title}</title></head>
<body lang="${language}" dir="${direction}" style="font:15px/1.5 sans-serif;color:#222;max-width:40em">
${content}
</body></html>
`.text
}
