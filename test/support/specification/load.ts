import { existsSync, globSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { isJsonObject, type Json, type JsonObject } from '../../../src/lib/json.ts'

const ROOT = fileURLToPath(new URL('../../vectors/matrix-spec/', import.meta.url))

/** An endpoint of the specification or of Belfry. `path` is the full path, with `{name}` for parameters. */
export type Operation = { method: string; path: string; about: JsonObject }

export const METHODS = ['get', 'put', 'post', 'delete']

/** All endpoints in the files of the specification, with references resolved. */
export function specifiedOperations(): Operation[] {
  const files = globSync('data/api/*/*.yaml', { cwd: ROOT }).toSorted()
  return files.flatMap((file) => {
    const document = expanded(parsed(file), file, [])
    return isJsonObject(document) ? operationsOf(document, basePath(document)) : []
  })
}

/** The endpoints of an OpenAPI document without references to other files. */
export function operationsOf(document: JsonObject, base = ''): Operation[] {
  const whole = resolved(document, document, [])
  return Object.entries(objectAt(whole, 'paths')).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const about = isJsonObject(item) ? item[method] : undefined
      return isJsonObject(about) ? [{ method, path: base + path.trim(), about }] : []
    }),
  )
}

export function objectAt(value: Json | undefined, key: string): JsonObject {
  const inner = isJsonObject(value) ? value[key] : undefined
  return isJsonObject(inner) ? inner : {}
}

function basePath(document: JsonObject): string {
  const [server] = Array.isArray(document['servers']) ? document['servers'] : []
  const base = objectAt(objectAt(server, 'variables'), 'basePath')['default']
  return typeof base === 'string' ? base.replace(/\/$/, '') : ''
}

const files = new Map<string, Json>()
function parsed(file: string): Json {
  const known = files.get(file)
  if (known !== undefined) return known
  // Schemas of the Identity Service API are not among the files: any value matches.
  const read = existsSync(ROOT + file) ? (parse(readFileSync(ROOT + file, 'utf8')) as Json) : {}
  files.set(file, read)
  return read
}

/** Resolves references to other files; a recursive reference matches any value. */
function expanded(value: Json, file: string, under: readonly string[]): Json {
  return mapped(value, (reference, rest) => {
    if (reference.startsWith('#')) return undefined
    const [name = '', fragment = ''] = reference.split('#')
    const target = posix.join(posix.dirname(file), name)
    if (under.includes(target)) return rest
    const inner = resolved(parsed(target), parsed(target), [])
    return merged(expanded(at(inner, fragment), target, [...under, target]), rest)
  })
}

/** Resolves references within the document. */
function resolved(value: Json, document: Json, under: readonly string[]): Json {
  return mapped(value, (reference, rest) => {
    if (!reference.startsWith('#')) return undefined
    if (under.includes(reference)) return rest
    return merged(resolved(at(document, reference.slice(1)), document, [...under, reference]), rest)
  })
}

type Reference = (reference: string, rest: JsonObject) => Json | undefined

/** Calls `replace` for each object with a reference; undefined keeps the object. */
function mapped(value: Json, replace: Reference): Json {
  if (Array.isArray(value)) return value.map((item) => mapped(item, replace))
  if (!isJsonObject(value)) return value
  const { $ref, ...others } = value
  if (typeof $ref !== 'string') return mappedObject(value, replace)
  const rest = mappedObject(others, replace)
  return replace($ref, rest) ?? { $ref, ...rest }
}

const mappedObject = (value: JsonObject, replace: Reference): JsonObject =>
  Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, mapped(inner, replace)]))

function merged(value: Json, rest: JsonObject): Json {
  if (!isJsonObject(value) || Object.keys(rest).length === 0) return value
  return 'properties' in rest ? { allOf: [value, rest] } : { ...value, ...rest }
}

function at(value: Json, pointer: string): Json {
  const steps = pointer.split('/').filter((step) => step !== '')
  return steps.reduce<Json>((inner, step) => {
    const next = isJsonObject(inner) ? inner[step.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined
    if (next === undefined) throw new Error(`nothing at ${pointer}`)
    return next
  }, value)
}
