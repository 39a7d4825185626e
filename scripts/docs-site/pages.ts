import { cpSync, globSync, mkdirSync, readFileSync, writeFileSync, existsSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'

/**
 * The Markdown files of the repository that are pages of the site, by the path of the page. The README is its
 * first page.
 */
export function pagesOf(root: string): Map<string, string> {
  const files = globSync(['*.md', 'docs/**/*.md', 'packages/*/*.md'], { cwd: root })
  return new Map(files.toSorted().map((file) => [file === 'README.md' ? 'index.md' : file, file]))
}

/** Copies the pages to `to`, with links that fit the site, and the images of `docs/`. */
export function copyPages(root: string, { pages, to }: { pages: Map<string, string>; to: string }): void {
  for (const [page, file] of pages) {
    const text = siteLinks(readFileSync(join(root, file), 'utf8'), {
      file,
      root,
      isPage: (path) => pages.has(path),
    })
    const target = join(to, page)
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, text)
  }
  cpSync(join(root, 'docs/images'), join(to, 'docs/images'), { recursive: true })
}

type LinkContext = { file: string; root: string; isPage: (path: string) => boolean }

const FENCED = /^(```|~~~).*?^\1$/gms
const LINK = /(!?)\[((?:[^\][]|\[[^\][]*\])*)\]\(([^)\s]+)\)/g

/**
 * Links between Markdown files as the site needs them. A link to a file that is no page, such as source code,
 * becomes text with its path. A link to a file that does not exist is an error.
 */
export function siteLinks(markdown: string, context: LinkContext): string {
  let [out, at] = ['', 0]
  for (const fence of markdown.matchAll(FENCED)) {
    out += proseLinks(markdown.slice(at, fence.index), context) + fence[0]
    at = fence.index + fence[0].length
  }
  return out + proseLinks(markdown.slice(at), context)
}

/** The word joiner keeps double braces from being a template. */
const TEXT_BRACES = '{\u2060{'

function proseLinks(text: string, { file, root, isPage }: LinkContext): string {
  return text.replaceAll('{{', TEXT_BRACES).replaceAll(LINK, (...match: string[]) => {
    const [whole = '', image, label = '', href = ''] = match
    if (/^([a-z]+:|#)/.test(href)) return whole
    const [path = '', anchor] = href.split('#', 2)
    const target = posix.join(posix.dirname(file), path)
    if (!existsSync(join(root, target))) throw new Error(`${file}: the link to ${href} leads nowhere`)
    if (image !== '') return whole
    const page = pageOf(target)
    if (!isPage(page)) return `${label} (\`${target}\`)`
    const suffix = anchor === undefined ? '' : `#${anchor}`
    return `[${label}](/${page}${suffix})`
  })
}

/** A link to the folder of decisions opens its first page: the navigation lists the others. */
function pageOf(target: string): string {
  if (target === 'README.md') return 'index.md'
  return target.replace(/^docs\/decisions\/?$/, 'docs/decisions/0001-libraries.md')
}
