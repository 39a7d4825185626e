import { posix } from 'node:path'

// Joins ES modules into one, so that a page needs one request instead of one for each file. Pure.

/** Resolves a path to the JavaScript of a module. */
export type ReadModule = (path: string) => string

const IMPORT = /^import\s+(?:\{([^}]*)\}\s+from\s+)?['"]([^'"]+)['"];?[ \t]*$/gm
const REEXPORT = /^export\s+\{([^}]*)\}\s+from\s+['"]([^'"]+)['"];?[ \t]*$/gm
const EXPORT = /^export\s+((?:async\s+)?function\*?|const|class)\s+([\w$]+)/gm
const NO_EXPORTS = /^export\s+\{\s*\};?[ \t]*$/gm
const COMMENT_LINES = /^[ \t]*(?:\/\/.*|\/\*[\s\S]*?\*\/)[ \t]*\n/gm

/**
 * Joins a module and all modules that it imports by a relative path. Each becomes a function with its own
 * scope, in the order of evaluation. Imports of packages stay imports. `entry` and the paths for `read` use
 * `/`. The modules may use named imports and exports of functions, constants and classes.
 * @throws Error if a module has another form of import or export, or if the imports have a cycle
 */
export function pack(entry: string, read: ReadModule): string {
  const packages = new Map<string, string>()
  const names = new Map<string, string>()
  const open = new Set<string>()
  const parts: string[] = []
  const packageName = (specifier: string) => {
    const name = packages.get(specifier) ?? `$p${packages.size}`
    packages.set(specifier, name)
    return name
  }
  const nameOf = (specifier: string, from: string): string =>
    specifier.startsWith('.') ? add(posix.join(posix.dirname(from), specifier)) : packageName(specifier)
  const add = (path: string): string => {
    const known = names.get(path)
    if (known !== undefined) return known
    if (open.has(path)) throw new Error(`${path}: the imports have a cycle`)
    open.add(path)
    const module = wrapped(read(path), { path, nameOf: (specifier) => nameOf(specifier, path) })
    open.delete(path)
    const name = `$${names.size}`
    names.set(path, name)
    parts.push(`const ${name}=${module}`)
    return name
  }
  const name = add(entry)
  const imports = [...packages].map(([specifier, alias]) => `import * as ${alias} from '${specifier}'`)
  const exported = exportedNames(read(entry)).map((one) => `export const ${one} = ${name}.${one}`)
  return [...imports, ...parts, ...exported, ''].join('\n')
}

type Place = { path: string; nameOf: (specifier: string) => string }

/** The module as a function that returns its exports. */
function wrapped(code: string, { path, nameOf }: Place): string {
  const heads: string[] = []
  const shown = [...code.matchAll(EXPORT)].map(([, , name]) => name)
  const body = code
    .replace(COMMENT_LINES, '')
    .replace(REEXPORT, (_all, list: string, specifier: string) => {
      for (const [from, to] of pairs(list)) shown.push(`${to}: ${nameOf(specifier)}.${from}`)
      return ''
    })
    .replace(NO_EXPORTS, '')
    .replace(IMPORT, (_all, list: string | undefined, specifier: string) => {
      const of = nameOf(specifier)
      const wanted = pairs(list ?? '').map(([from, to]) => (from === to ? from : `${from}: ${to}`))
      if (wanted.length > 0) heads.push(`const { ${wanted.join(', ')} } = ${of}`)
      return ''
    })
    .replace(EXPORT, '$1 $2')
  const other = /^(?:import|export)\b(?!\().*$/m.exec(body)
  if (other !== null) throw new Error(`${path}: cannot join "${other[0]}"`)
  return compact([`(() => {`, ...heads, body, `return { ${shown.join(', ')} }`, `})()`].join('\n'), path)
}

const QUOTED = /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\\n]|\\.)*`/
/** A text in quotes, which stays as it is, or spaces in the place of a removed type. */
const QUOTED_OR_SPACES = new RegExp(`${QUOTED.source}|[ \\t]{2,}`, 'g')
/** The same, or an operator or a bracket with the spaces around it. */
const QUOTED_OR_OPERATOR = new RegExp(`${QUOTED.source}|[ \\t]*([=!<>&|?]+|[,:;{}()])[ \\t]*|[ \\t]{2,}`, 'g')

/**
 * Without indentation, empty lines, repeated spaces and those around operators and brackets. Lines stay
 * lines, because the code has no semicolons.
 * @throws Error if a template literal has a line break
 */
function compact(code: string, path: string): string {
  const lines = code.split('\n').map((line) => line.trim())
  const broken = lines.find((line) => (line.replaceAll(/\\./g, '').match(/`/g)?.length ?? 0) % 2 === 1)
  if (broken !== undefined) throw new Error(`${path}: a template literal has a line break: ${broken}`)
  return lines
    .filter((line) => line !== '')
    .map(compactLine)
    .join('\n')
}

/**
 * In a line with a slash, which can begin a regular expression, or with nested templates, the spaces around
 * operators may be a part of it.
 */
function compactLine(line: string): string {
  const isPlain = !line.replaceAll(new RegExp(QUOTED, 'g'), '').includes('/') && !/\$\{[^}]*`/.test(line)
  return line.replaceAll(isPlain ? QUOTED_OR_OPERATOR : QUOTED_OR_SPACES, (found, operator: unknown) =>
    typeof operator === 'string' ? operator : /^\s/.test(found) ? ' ' : found,
  )
}

/** The names of all exports, with those of other modules. */
function exportedNames(code: string): string[] {
  const own = [...code.matchAll(EXPORT)].map(([, , name]) => name as string)
  return [...own, ...[...code.matchAll(REEXPORT)].flatMap(([, list = '']) => pairs(list).map(([, to]) => to))]
}

/** The names of `a, b as c`, as pairs of the name in the module and the local name. */
function pairs(list: string): [string, string][] {
  return list
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
    .map((item) => {
      const [from = '', to = from] = item.split(/\s+as\s+/)
      return [from, to]
    })
}
