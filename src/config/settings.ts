import { z } from 'zod'
import { configSchema } from './schema.ts'

/** How the text of a flag or an environment variable becomes a value. */
export type SettingKind = 'text' | 'number' | 'boolean' | 'list' | 'json'

/** One leaf of the schema, as the readers, `--help` and the reference page need it. */
export type Setting = {
  path: readonly string[]
  /** Dotted, as in `push.extra_ca`. */
  key: string
  env: string
  flag: string | undefined
  /** The name of the flag's value in `--help`; undefined for a switch. */
  value: string | undefined
  kind: SettingKind
  /** The default as written in the file. */
  fallback: string
  about: string
}

const aboutSchema = z.looseObject({
  about: z.string(),
  flag: z.string().optional(),
  value: z.string().optional(),
  shownDefault: z.string().optional(),
})

export const settings: readonly Setting[] = leavesOf(configSchema, [])

function leavesOf(schema: z.ZodObject, path: readonly string[]): Setting[] {
  return Object.entries(schema.shape).flatMap(([name, child]) => {
    const here = [...path, name]
    const { inner, fallback } = unwrap(child as z.ZodType)
    return inner instanceof z.ZodObject
      ? leavesOf(inner, here)
      : [leaf(child as z.ZodType, here, { kind: kindOf(inner), fallback })]
  })
}

function leaf(
  schema: z.ZodType,
  path: readonly string[],
  { kind, fallback }: { kind: SettingKind; fallback: unknown },
): Setting {
  const { about, flag, value, shownDefault } = aboutSchema.parse(schema.meta())
  const key = path.join('.')
  const env = `BELFRY_${path.join('_').toUpperCase()}`
  return { path, key, env, flag, value, kind, fallback: shownDefault ?? shown(fallback), about }
}

function unwrap(schema: z.ZodType): { inner: z.ZodType; fallback: unknown } {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)
    return { inner: unwrap(schema.def.innerType as z.ZodType).inner, fallback: schema.def.defaultValue }
  if (schema instanceof z.ZodOptional) return unwrap(schema.def.innerType as z.ZodType)
  if (schema instanceof z.ZodPipe) return unwrap(schema.def.in as z.ZodType)
  return { inner: schema, fallback: undefined }
}

function kindOf(schema: z.ZodType): SettingKind {
  if (schema instanceof z.ZodNumber) return 'number'
  if (schema instanceof z.ZodBoolean) return 'boolean'
  if (schema instanceof z.ZodArray) return 'list'
  if (schema instanceof z.ZodRecord) return 'json'
  return 'text'
}

function shown(fallback: unknown): string {
  return typeof fallback === 'string' ? fallback : JSON.stringify(fallback)
}
