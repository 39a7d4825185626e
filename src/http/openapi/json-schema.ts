import { z } from 'zod'
import type { JsonObject } from '../../lib/json.ts'
import { jsonObject } from '../schema.ts'

/**
 * State shared by the parts of a document. `schemas`: the named schemas by name. `made`: a cache of converted
 * schemas.
 */
export type Components = {
  readonly schemas: Map<string, JsonObject>
  readonly made: Record<'input' | 'output', Map<z.ZodType, JsonObject>>
}

export function newComponents(): Components {
  return { schemas: new Map(), made: { input: new Map(), output: new Map() } }
}

const COMPONENT = '#/components/schemas/'

/**
 * Converts a zod schema to JSON Schema dialect 2020-12, which OpenAPI 3.1 uses. Schemas with an `id` are
 * added to `components` and replaced by a reference. An object with `additionalProperties` accepts any
 * further key; other objects may get more keys in later versions.
 * @param io `input`: the schema before transformation, `output`: after it
 */
export function jsonSchemaOf(schema: z.ZodType, io: 'input' | 'output', components: Components): JsonObject {
  const known = components.made[io].get(schema)
  if (known) return known
  const made = z.toJSONSchema(schema, { io, unrepresentable: 'any', override: describeCustom })
  const { $schema: _, $defs = {}, ...root } = tidied(made) as JsonObject & { $defs?: JsonObject }
  for (const [name, definition] of Object.entries($defs))
    components.schemas.set(name, definition as JsonObject)
  components.made[io].set(schema, root)
  return root
}

function describeCustom({ zodSchema, jsonSchema }: { zodSchema: unknown; jsonSchema: object }): void {
  if (zodSchema === jsonObject) Object.assign(jsonSchema, { type: 'object' })
}

function tidied(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(tidied)
  if (typeof value !== 'object' || value === null) return value
  const all = Object.entries(value).filter(([key, inner]) => !isMeaningless(key, inner))
  return Object.fromEntries(all.map(([key, inner]) => [key, key === '$ref' ? moved(inner) : tidied(inner)]))
}

/**
 * Keywords without meaning for clients: objects are closed only for our tests, and every key of an object is
 * a string.
 */
function isMeaningless(key: string, value: unknown): boolean {
  if (key === 'additionalProperties') return value === false
  return key === 'propertyNames' && JSON.stringify(value) === '{"type":"string"}'
}

const moved = (reference: unknown) => String(reference).replace(/^#\/\$defs\//, COMPONENT)
