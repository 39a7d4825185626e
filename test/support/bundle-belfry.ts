import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
// VitePress depends on it.
import { build, type Plugin, stop } from 'esbuild'

const root = fileURLToPath(new URL('../../', import.meta.url))
const CACHE = join(root, 'node_modules/.cache/belfry')

/** The packages of many modules, all of them ES modules. */
const BUNDLED = new Set(['kysely', 'zod'])

function packagesApart(): string[] {
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>
  }
  return [...Object.keys(dependencies), 'sharp'].filter((name) => !BUNDLED.has(name))
}

/** Files that Belfry reads, and workers that it starts, are beside its sources. */
const urlsOfSources: Plugin = {
  name: 'urls of sources',
  setup(bundler) {
    bundler.onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8')
      const url = JSON.stringify(pathToFileURL(path).href)
      return { loader: 'ts', contents: text.replaceAll(/\bimport\.meta\.url\b/g, () => url) }
    })
  },
}

/**
 * Bundles `checked-belfry.ts` and the modules of Belfry that it loads, because loading hundreds of modules
 * one by one takes a fifth of the processor time of a start. It reads all sources, in each run of the suite:
 * no process runs an old one. The name of its folder depends on its content, so that Node's compile cache
 * knows it. Resolves to the path of the program. `sources-in-stacks.ts` belongs to it.
 */
export async function bundleBelfry(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(root, 'test/support/checked-belfry.ts')],
    bundle: true,
    write: false,
    // Of the depth of the folder below: source maps have relative paths.
    outdir: join(CACHE, 'bundle'),
    outExtension: { '.js': '.mjs' },
    platform: 'node',
    format: 'esm',
    target: 'esnext',
    splitting: true,
    external: packagesApart(),
    sourcemap: 'linked',
    sourcesContent: false,
    plugins: [urlsOfSources],
    logLevel: 'error',
  })
  await stop()
  const hash = createHash('sha256')
  for (const { path, contents } of outputFiles) hash.update(path).update(contents)
  const folder = join(CACHE, `bundle-${hash.digest('hex').slice(0, 16)}`)
  if (!existsSync(folder)) {
    const unfinished = `${folder}.${process.pid}`
    mkdirSync(unfinished, { recursive: true })
    for (const { path, contents } of outputFiles) writeFileSync(join(unfinished, basename(path)), contents)
    try {
      renameSync(unfinished, folder)
    } catch (error) {
      // Another run has written the same.
      if (!existsSync(folder)) throw error
      rmSync(unfinished, { recursive: true })
    }
  }
  return join(folder, 'checked-belfry.mjs')
}
