import { isJsonObject, type Json, type JsonObject } from '../../../src/lib/json.ts'
import { objectAt } from './load.ts'

/** The shape of a value according to a schema. */
export type Shape = {
  /** Empty: any type. */
  types: Set<string>
  properties: Map<string, { schema: JsonObject; required: boolean }>
  /** The schema of further properties; `true`: any. */
  more: JsonObject | boolean
  items: JsonObject | undefined
}

/** Merges the parts of `allOf`. A property of alternatives is required if each alternative requires it. */
export function shapeOf(schema: JsonObject): Shape {
  const parts = [own(schema), ...listAt(schema, 'allOf').map(shapeOf)]
  const alternatives = ['oneOf', 'anyOf'].map((key) => listAt(schema, key)).filter((all) => all.length > 0)
  for (const list of alternatives) parts.push(oneOf(list.map(shapeOf)))
  return allOf(parts)
}

function own(schema: JsonObject): Shape {
  const required = Array.isArray(schema['required']) ? schema['required'] : []
  const properties = Object.entries(objectAt(schema, 'properties')).map(
    ([name, inner]) =>
      [name, { schema: isJsonObject(inner) ? inner : {}, required: required.includes(name) }] as const,
  )
  const known = new Map(properties)
  // Required here, and described by another part.
  for (const name of required)
    if (typeof name === 'string' && !known.has(name)) known.set(name, { schema: {}, required: true })
  const more = schema['additionalProperties']
  return {
    types: typesOf(schema),
    properties: known,
    more: isJsonObject(more) ? more : more === true || 'patternProperties' in schema,
    items: isJsonObject(schema['items']) ? schema['items'] : undefined,
  }
}

function typesOf({ type, const: only, enum: values }: JsonObject): Set<string> {
  if (Array.isArray(type)) return new Set(type.map(String))
  if (typeof type === 'string') return new Set([type])
  const known = only === undefined ? (Array.isArray(values) ? values : []) : [only]
  return new Set(known.map(typeOf))
}

function typeOf(value: Json): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return typeof value
}

function allOf(parts: readonly Shape[]): Shape {
  const properties: Shape['properties'] = new Map()
  for (const part of parts)
    for (const [name, { schema, required }] of part.properties) {
      const before = properties.get(name)
      properties.set(name, {
        schema: before === undefined ? schema : { allOf: [before.schema, schema] },
        required: required || (before?.required ?? false),
      })
    }
  return {
    types: new Set(parts.flatMap(({ types }) => [...types])),
    properties,
    more: parts.map(({ more }) => more).find((more) => more !== false) ?? false,
    items: parts.find(({ items }) => items !== undefined)?.items,
  }
}

function oneOf(alternatives: readonly Shape[]): Shape {
  const objects = alternatives.filter(({ types }) => types.size === 0 || types.has('object'))
  const names = new Set(objects.flatMap(({ properties }) => [...properties.keys()]))
  const properties: Shape['properties'] = new Map()
  for (const name of names) {
    const found = objects.flatMap((shape) => shape.properties.get(name) ?? [])
    properties.set(name, {
      schema: found.length === 1 ? (found[0]?.schema ?? {}) : { anyOf: found.map(({ schema }) => schema) },
      required: found.length === alternatives.length && found.every(({ required }) => required),
    })
  }
  const isAny = alternatives.some(({ types, properties: some }) => types.size === 0 && some.size === 0)
  return {
    types: isAny ? new Set() : new Set(alternatives.flatMap(({ types }) => [...types])),
    properties,
    more: alternatives.map(({ more }) => more).find((more) => more !== false) ?? false,
    items: alternatives.find(({ items }) => items !== undefined)?.items,
  }
}

function listAt(schema: JsonObject, key: string): JsonObject[] {
  const list = schema[key]
  return Array.isArray(list) ? list.filter(isJsonObject) : []
}
