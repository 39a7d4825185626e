import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { buildSite } from '../../scripts/docs-site.ts'
import { siteFaults } from '../../scripts/docs-site/check-site.ts'
import { siteLinks } from '../../scripts/docs-site/pages.ts'
import { COMMANDS } from '../../src/cli/commands.ts'
import { temporaryFolder } from '../support/databases.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const isPage = (path: string) => path === 'index.md' || path.startsWith('docs/')

test('links to pages are rewritten, links to code become text, and links in code are unchanged', () => {
  const links = (text: string) => siteLinks(text, { file: 'docs/api.md', root, isPage })
  assert.equal(links('[a](../README.md#start)'), '[a](/index.md#start)')
  assert.equal(links('[b](gateway.md)'), '[b](/docs/gateway.md)')
  assert.equal(links('[c](../src/app.ts)'), 'c (`src/app.ts`)')
  assert.equal(links('[d](https://matrix.org)'), '[d](https://matrix.org)')
  assert.equal(links('```md\n[e](missing.md)\n```'), '```md\n[e](missing.md)\n```')
  assert.equal(links('`{{g}}`'), '`{\u2060{g}}`')
  assert.throws(() => links('[f](missing.md)'), /docs\/api\.md: the link to missing\.md leads nowhere/)
})

test('a built page with a dead link, a missing section or a resource of another host is a fault', (t) => {
  const site = temporaryFolder(t)
  mkdirSync(join(site, 'docs'))
  writeFileSync(
    join(site, 'index.html'),
    '<h1 id="one">1</h1><a href="/docs/a.html#one">x</a><a href="/docs/b.html">y</a>',
  )
  writeFileSync(
    join(site, 'docs/a.html'),
    '<script src="https://cdn.example/x.js"></script><a href="/#one">z</a>',
  )
  writeFileSync(join(site, 'style.css'), '@font-face{src:url(https://fonts.example/a.woff2)}')
  assert.deepEqual(siteFaults(site), [
    'index.html: the page of /docs/a.html#one has no such section',
    'index.html: the link to /docs/b.html leads nowhere',
    'docs/a.html: <script> loads https://cdn.example/x.js',
    'style.css: loads url(https://fonts.example/a.woff2',
  ])
})

/** A few pages, because each costs a part of a second. `test/structure/documents.test.ts` checks the links of all. */
const isWanted = (page: string) =>
  /^(index|docs\/(tutorial|api|how-it-works|browser-pushers))\.md$/.test(page)

test('npm run docs:site builds the documents, with search and the pages made from the code', async (t) => {
  const site = temporaryFolder(t)
  const { pages } = await buildSite(site, isWanted)
  assert.equal(pages, 5 + 3 + 1, 'the wanted ones, those made from the code, and the page for errors')
  const page = (path: string) => readFileSync(join(site, path), 'utf8')
  const commands = page('docs/reference/commands.html')
  for (const words of Object.keys(COMMANDS)) assert.ok(commands.includes(`belfry ${words}`), words)
  assert.ok(page('docs/reference/errors.html').includes('M_UNKNOWN_TOKEN'))
  assert.ok(page('docs/reference/endpoints.html').includes('/_matrix/push/v1/notify'))
  assert.ok(Object.keys((JSON.parse(page('openapi.json')) as { paths: object }).paths).length > 100)
  assert.match(page('index.html'), /class="[^"]*VPSwitchAppearance/)
  assert.match(page('index.html'), /VPNavBarSearch/)
  assert.ok(!page('index.html').includes('{{'), 'the theme is rendered')
})
