import { z } from 'zod'
import type { JsonObject } from '../../lib/json.ts'
import { jsonObject } from '../schema.ts'

/** What the parts of a document share. `schemas`: those that have a name, by name. `made`: what was converted already. */
export type Components = {
  readonly schemas: Map<string, JsonObject>
  readonly made: Record<'input' | 'output', Map<z.ZodType, JsonObject>>
}

export function newComponents(): Components {
  return { schemas: new Map(), made: { input: new Map(), output: new Map() } }
}

const COMPONENT = '#/components/schemas/'

/**
 * A zod schema as a JSON Schema of dialect 2020-12, which OpenAPI 3.1 takes as it is. Schemas with an `id` go into `components`, and a reference
 * stands for them. An object of which any further key may come has `additionalProperties`; one without may get more keys in later versions.
 * @param io `input`: what is taken, `output`: what comes out of it
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
  const all = Object.entries(value).filter(([key, inner]) => !saysNothing(key, inner))
  return Object.fromEntries(all.map(([key, inner]) => [key, key === '$ref' ? moved(inner) : tidied(inner)]))
}

/** A closed object is closed for our tests alone, and every key of an object is a string. */
function saysNothing(key: string, value: unknown): boolean {
  if (key === 'additionalProperties') return value === false
  return key === 'propertyNames' && JSON.stringify(value) === '{"type":"string"}'
}

const moved = (reference: unknown) => String(reference).replace(/^#\/\$defs\//, COMPONENT)
