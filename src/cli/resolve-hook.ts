import { registerHooks, type ResolveFnOutput } from 'node:module'

/** A relative import of a file with its extension, in which nothing needs an escape in a URL. */
const RELATIVE_FILE = /^(?:\.\.?\/)+(?:[\w-][\w.-]*\/)*[\w-][\w.-]*\.[jt]s$/

/**
 * What the index of a package exports again and Belfry does not use: the translations of zod, and the parts
 * of Kysely that run queries. The hook replaces these files by an empty module. The other modules of the
 * package still find them.
 */
const UNUSED: readonly { index: RegExp; files: RegExp }[] = [
  { index: /\/zod\/v4\/(?:core\/index|classic\/external)\.js$/, files: /^\.\.\/locales\/index\.js$/ },
  {
    index: /\/kysely\/dist\/index\.js$/,
    files:
      /^\.\/(?:kysely|(?:schema|driver|dynamic|plugin|operation-node)\/.+|dialect\/(?:(?:mysql|mssql|pglite)\/.+|.+-(?:dialect|driver|introspector)))\.js$/,
  },
]

const EMPTY_MODULE = { url: 'data:text/javascript,', format: 'module', shortCircuit: true }

/**
 * Resolves relative imports from the two texts, and a package once for all modules of Belfry. Node's own
 * resolution reads the file system for each import of each file, which was a quarter of the start
 * (docs/decisions/0035).
 *
 * @param sources the URL of the folder of Belfry's modules, with a slash at the end. Its files and those of
 *   packages are not symbolic links.
 */
export function registerResolveHook(sources: string): void {
  const packages = new Map<string, ResolveFnOutput>()
  registerHooks({
    resolve(specifier, context, next) {
      const { parentURL, conditions } = context
      // `require` also looks for files without their extension.
      if (parentURL?.startsWith('file:') !== true || conditions.includes('require'))
        return next(specifier, context)
      if (RELATIVE_FILE.test(specifier)) {
        if (UNUSED.some(({ index, files }) => index.test(parentURL) && files.test(specifier)))
          return EMPTY_MODULE
        const format = specifier.endsWith('.ts') ? 'module-typescript' : undefined
        return { url: relativeUrl(specifier, parentURL), format, shortCircuit: true }
      }
      if (!parentURL.startsWith(sources) || specifier.startsWith('.')) return next(specifier, context)
      const found = packages.get(specifier) ?? { ...next(specifier, context), shortCircuit: true }
      packages.set(specifier, found)
      return found
    },
  })
}

/** `new URL(specifier, parent).href` for a `RELATIVE_FILE`, in less time. */
export function relativeUrl(specifier: string, parent: string): string {
  let end = parent.lastIndexOf('/')
  let start = 0
  for (;;) {
    if (specifier.startsWith('./', start)) start += 2
    else if (specifier.startsWith('../', start)) {
      start += 3
      end = parent.lastIndexOf('/', end - 1)
    } else return parent.slice(0, end + 1) + specifier.slice(start)
  }
}
