import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { siteFaults } from './docs-site/check-site.ts'
import { sidebar } from './docs-site/navigation.ts'
import { copyPages, pagesOf } from './docs-site/pages.ts'
import { commandsPage, openApiDocument, referencePages } from './docs-site/reference.ts'

const ROOT = fileURLToPath(new URL('../', import.meta.url))

/**
 * Builds the documents as static HTML in `site` (docs/decisions/0059-documents-as-a-site.md). It fails for a
 * link that leads nowhere and for a page that loads something from another host.
 * @param isWanted false for a page that is left out; links to it become text
 */
export async function buildSite(
  site: string,
  isWanted: (page: string) => boolean = () => true,
): Promise<{ pages: number }> {
  // Inside the repository, because VitePress looks up its packages from there.
  const sources = join(ROOT, 'node_modules/.cache', `docs-site-${process.pid}`)
  try {
    mkdirSync(sources, { recursive: true })
    const pages = new Map([...pagesOf(ROOT)].filter(([page]) => isWanted(page)))
    copyPages(ROOT, { pages, to: sources })
    const document = await openApiDocument()
    const generated = referencePages(document, await commandsPage())
    for (const [page, content] of generated) writeIn(sources, page, content)
    writeIn(sources, 'public/openapi.json', JSON.stringify(document, null, 2))
    writeIn(sources, '.vitepress/config.mjs', configuration(site, textsOf(pages, generated)))
    // Otherwise its compiler reads that of the project, which has a newer target than it knows.
    writeIn(sources, 'tsconfig.json', '{}')
    await runVitePress(sources)
  } finally {
    rmSync(sources, { recursive: true, force: true })
  }
  const faults = siteFaults(site)
  if (faults.length > 0) throw new Error(`the site has faults:\n${faults.join('\n')}`)
  return { pages: globSync('**/*.html', { cwd: site }).length }
}

/** The text of each page, also of those that are in no file of the repository. */
function textsOf(
  pages: ReadonlyMap<string, string>,
  generated: ReadonlyMap<string, string>,
): Map<string, string> {
  const texts = [...pages].map(([page, file]): [string, string] => [
    page,
    readFileSync(join(ROOT, file), 'utf8'),
  ])
  return new Map([...texts, ...generated])
}

function configuration(site: string, texts: ReadonlyMap<string, string>): string {
  return `export default ${JSON.stringify(
    {
      title: 'Belfry',
      description: 'A Matrix home server built around push notifications',
      lang: 'en',
      outDir: site,
      ignoreDeadLinks: false,
      // Text such as <room id> is no HTML.
      markdown: { html: false },
      themeConfig: {
        search: { provider: 'local' },
        sidebar: sidebar(texts),
        outline: [2, 3],
        nav: [
          { text: 'Tutorial', link: '/docs/tutorial' },
          { text: 'How it works', link: '/docs/how-it-works' },
          { text: 'Command line', link: '/docs/reference/commands' },
        ],
      },
    },
    null,
    2,
  )}\n`
}

function writeIn(folder: string, path: string, content: string): void {
  const file = join(folder, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, content)
}

async function runVitePress(sources: string): Promise<void> {
  const command = join(ROOT, 'node_modules/vitepress/bin/vitepress.js')
  const child = spawn(process.execPath, [command, 'build', sources], { stdio: ['ignore', 'pipe', 'pipe'] })
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  if (child.exitCode !== 0) throw new Error(`VitePress failed:\n${output}\n${errors}`)
}

if (import.meta.main) {
  const site = resolve(process.argv[2] ?? join(ROOT, 'dist/site'))
  const { pages } = await buildSite(site)
  console.log(`${pages} pages in ${site}: serve this folder with any web server`)
}
