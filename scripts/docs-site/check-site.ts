import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The faults of a built site: links to an anchor or file that does not exist, and requests to other hosts.
 * VitePress itself refuses links to missing pages.
 */
export function siteFaults(site: string): string[] {
  const files = new Set(globSync('**/*', { cwd: site }))
  const pages = new Map(
    [...files]
      .filter((file) => file.endsWith('.html'))
      .map((file) => [file, readFileSync(join(site, file), 'utf8')]),
  )
  const ids = new Map(
    [...pages].map(([file, html]) => [
      file,
      new Set([...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)),
    ]),
  )
  const faults: string[] = []
  for (const [file, html] of pages) {
    for (const [, tag = '', url = ''] of html.matchAll(
      /<(script|img|link|iframe|source)\b[^>]*?\s(?:src|href)="([^"]+)"/g,
    ))
      if (/^(https?:)?\/\//.test(url)) faults.push(`${file}: <${tag}> loads ${url}`)
    for (const [, href = ''] of html.matchAll(/<a\b[^>]*?\shref="([^"]+)"/g)) {
      if (/^[a-z]+:/.test(href)) continue
      const { pathname, hash } = new URL(href.replaceAll('&amp;', '&'), `http://site/${file}`)
      const target = decodeURIComponent(pathname.slice(1) + (pathname.endsWith('/') ? 'index.html' : ''))
      if (!files.has(target)) faults.push(`${file}: the link to ${href} leads nowhere`)
      else if (hash.length > 1 && ids.get(target)?.has(decodeURIComponent(hash.slice(1))) === false)
        faults.push(`${file}: the page of ${href} has no such section`)
    }
  }
  for (const file of files)
    if (file.endsWith('.css'))
      for (const [url] of readFileSync(join(site, file), 'utf8').matchAll(
        /(?:url\(|@import\s*)["']?(?:https?:)?\/\/[^)"']+/g,
      ))
        faults.push(`${file}: loads ${url}`)
  return faults
}
