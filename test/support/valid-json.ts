import { isJsonObject, type Json, type JsonObject } from '../../src/lib/json.ts'

/**
 * Values for the properties and the keys of records that need a certain form. `keyOf`: by the name of the
 * property that has the record.
 */
export type KnownValues = {
  byName: Readonly<Record<string, Json>>
  keyOf: Readonly<Record<string, string>>
}

/**
 * A value that a JSON schema (as in an OpenAPI document) accepts, with all its properties. Unknown forms of
 * strings are a short word.
 */
export function validJson(schema: JsonObject, known: KnownValues, name = '', depth = 0): Json {
  const given = known.byName[name]
  if (given !== undefined) return given
  const {
    const: constant,
    enum: allowed,
    anyOf,
    type,
    properties,
    additionalProperties,
    prefixItems,
    items,
  } = schema
  const inner = (value: Json | undefined, at = name) =>
    validJson(isJsonObject(value) ? value : {}, known, at, depth + 1)
  if (constant !== undefined) return constant
  if (Array.isArray(allowed)) return allowed[0] as Json
  if (depth > 12) return {}
  if (Array.isArray(anyOf)) return inner(anyOf[0])
  switch (Array.isArray(type) ? type[0] : type) {
    case 'object': {
      const entries = Object.entries(isJsonObject(properties) ? properties : {})
      const object = Object.fromEntries(entries.map(([key, value]) => [key, inner(value, key)]))
      if (isJsonObject(additionalProperties))
        object[known.keyOf[name] ?? 'key'] = inner(additionalProperties, '')
      return object
    }
    case 'array':
      return Array.isArray(prefixItems) ? prefixItems.map((item) => inner(item, '')) : [inner(items, '')]
    case 'integer':
    case 'number':
      return 1
    case 'boolean':
      return true
    case 'string':
      return 'word'
    default:
      return { any: 'thing' }
  }
}

type Path = readonly (string | number)[]

/** All places in a value, that of the value itself first. */
export function placesIn(value: Json, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path]
  return [path, ...Object.entries(value).flatMap(([key, inner]) => placesIn(inner as Json, [...path, key]))]
}

/** A copy with another value at one place. */
export function replaced(value: Json, [first, ...rest]: Path, by: unknown): unknown {
  if (first === undefined) return by
  const copy = (Array.isArray(value) ? [...value] : { ...(value as JsonObject) }) as Record<string, unknown>
  copy[first] = replaced(copy[first] as Json, rest, by)
  return copy
}
