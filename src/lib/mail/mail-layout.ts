import { type Html, safeHtml } from '../html.ts'

/** The HTML of a mail around its content. It has no scripts and loads no external resources. */
export function mailLayout({ title, content }: { title: string; content: Html }): string {
  return safeHtml`<!doctype html>
<html><head><meta charset="utf-8"><title>${title}</title></head>
<body style="font:15px/1.5 sans-serif;color:#222;max-width:40em">
${content}
</body></html>
`.text
}
