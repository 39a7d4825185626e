import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { CONSOLE_PATH } from '../lib/console-links.ts'
import { pack } from './pack.ts'

/** A file of the page, compressed with gzip. Its URL contains a hash of its content. */
export type PageAsset = { name: string; type: string; bytes: Buffer }

export type PageAssets = {
  /** By the last segment of the URL. */
  byName: ReadonlyMap<string, PageAsset>
  /** The JSON of the import map, which maps packages to URLs. */
  importMap: string
  script: string
  style: string
  icon: string
  /** URLs of the modules that `script` imports. */
  modules: readonly string[]
  /** URLs of the catalogues of words, by language tag. */
  words: Readonly<Record<string, string>>
  /** The service worker. It has a fixed URL, so that the browser can update it. */
  worker: PageAsset
}

const SCRIPT = 'text/javascript; charset=utf-8'
const PACKAGES = ['preact', 'preact/hooks', '@preact/signals-core', '@preact/signals', '@fluent/bundle']

/** `.js` in a published package, where `tsc` has compiled the files. */
const EXTENSION = import.meta.url.endsWith('.ts') ? '.ts' : '.js'

/**
 * Reads all files of the page. TypeScript is served with its types removed, and without another build. It
 * takes about 50 ms.
 * @throws Error if a file is missing or cannot be joined
 */
export function readAssets(): PageAssets {
  const byName = new Map<string, PageAsset>()
  const add = (base: string, type: string, text: string): string => {
    const asset = assetOf(base, type, text)
    byName.set(asset.name, asset)
    return `${CONSOLE_PATH}/assets/${asset.name}`
  }
  const imports = Object.fromEntries(
    PACKAGES.map((name) => [
      name,
      add(`${name.replace('@', '').replaceAll('/', '-')}.js`, SCRIPT, packageCode(name)),
    ]),
  )
  const words = Object.fromEntries(
    readdirSync(new URL('words/', import.meta.url))
      .filter((file) => file.endsWith('.ftl'))
      .map((file) => [
        file.slice(0, -4),
        add(`words-${file}`, 'text/plain; charset=utf-8', compactWords(text(`words/${file}`))),
      ]),
  )
  return {
    byName,
    importMap: JSON.stringify({ imports }),
    script: add('page.js', SCRIPT, pageCode(`main${EXTENSION}`)),
    style: add('style.css', 'text/css; charset=utf-8', compactStyle(text('page/style.css'))),
    icon: add('icon.svg', 'image/svg+xml', text('page/icon.svg')),
    modules: Object.values(imports),
    words,
    worker: assetOf('worker.js', SCRIPT, pageCode(`worker/main${EXTENSION}`)),
  }
}

/** Without indentation, and the spaces that separate nothing. */
const compactStyle = (style: string): string =>
  style
    .replaceAll(/^ +/gm, '')
    .replaceAll(' {', '{')
    .replaceAll(/^([\w-]+): /gm, '$1:')

/** Without the comments for translators, empty lines, and the spaces between a key and its message. */
const compactWords = (catalogue: string): string =>
  catalogue.replaceAll(/^#.*\n|^\n/gm, '').replaceAll(/^([\w-]+) = /gm, '$1=')

function assetOf(base: string, type: string, content: string): PageAsset {
  const hash = createHash('sha256').update(content).digest('base64url').slice(0, 12)
  const dot = base.lastIndexOf('.')
  const name = `${base.slice(0, dot)}-${hash}${base.slice(dot)}`
  return { name, type, bytes: gzipSync(content, { level: 9 }) }
}

/** Relative to this folder. */
function text(path: string): string {
  return readFileSync(new URL(path, import.meta.url), 'utf8')
}

function pageCode(entry: string): string {
  return pack(entry, (path) => {
    const code = text(`page/${path}`)
    return EXTENSION === '.ts' ? stripTypeScriptTypes(code) : code
  })
}

/** A package as one module. Packages of several modules are joined. */
function packageCode(name: string): string {
  // The main file of this package is CommonJS.
  if (name !== '@fluent/bundle')
    return readFileSync(fileURLToPath(import.meta.resolve(name)), 'utf8').replace(
      /\n\/\/# sourceMappingURL=.*/,
      '',
    )
  const folder = new URL('./esm/', import.meta.resolve(name))
  return pack('index.js', (path) => readFileSync(new URL(path, folder), 'utf8'))
}
