import type { z } from 'zod'
import { isJsonObject, type Json, type JsonObject } from '../../lib/json.ts'
import type { Route } from '../route.ts'
import { type Components, jsonSchemaOf } from './json-schema.ts'

/** The path and query parameters of a route as OpenAPI parameters. */
export function parametersOf(route: Route, path: string, components: Components): JsonObject[] {
  const named = route.params === undefined ? {} : propertiesOf(route.params, components)
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: named[name]?.schema ?? { type: 'string' },
  }))
  const inQuery = Object.entries(route.query === undefined ? {} : propertiesOf(route.query, components)).map(
    ([name, { schema, required }]) => {
      const { description, ...rest } = schema
      return { name, in: 'query', required, ...(description !== undefined && { description }), schema: rest }
    },
  )
  return [...inPath, ...inQuery]
}

type Property = { schema: JsonObject; required: boolean }

/** Parts of a URL are text. The type that they are parsed to says more, if JSON Schema can express it. */
function propertiesOf(schema: z.ZodType, components: Components): Record<string, Property> {
  const taken = jsonSchemaOf(schema, 'input', components)
  const read = jsonSchemaOf(schema, 'output', components)
  const required = taken['required'] ?? []
  const propertiesRead = objectAt(read, 'properties')
  return Object.fromEntries(
    Object.entries(objectAt(taken, 'properties')).map(([name, asTaken]) => {
      const schema = betterOf(asTaken as JsonObject, propertiesRead[name])
      return [name, { schema, required: Array.isArray(required) && required.includes(name) }]
    }),
  )
}

function betterOf(asTaken: JsonObject, asRead: Json | undefined): JsonObject {
  if (JSON.stringify(asTaken['enum']) === '["true","false"]') return { type: 'boolean' }
  if (asTaken['format'] === 'position') return { type: 'string' }
  return isJsonObject(asRead) && 'type' in asRead ? asRead : asTaken
}

function objectAt(schema: JsonObject, key: string): JsonObject {
  const value = schema[key]
  return isJsonObject(value) ? value : {}
}
