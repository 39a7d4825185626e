import { z } from 'zod'
import { ConfigError } from '../config/config-error.ts'
import type { ProviderType } from './provider.ts'

/** One app as the configuration has it, checked against its type. */
export type AppSettings = {
  /** An exact `app_id`, or a glob of `*` and `?`. */
  id: string
  provider: ProviderType
  /** What `provider.options` made of the keys. */
  options: unknown
  /** Messages in flight at the same time. */
  limit: number
}

export type ReadApps = { apps: AppSettings[]; warnings: string[] }

/** The types that there are, by name. A type is loaded when an app asks for it. */
export type ProviderTypes = ReadonlyMap<string, () => Promise<ProviderType>>

/** Keys that every app may have, whatever its type. */
const common = z.object({
  type: z.string(),
  inflight_request_limit: z.int().min(1).max(100_000).default(512),
})

/** Sygnal's types that are known here by another name. */
const ALIASES: Readonly<Record<string, string>> = { fcm: 'gcm' }

/**
 * Reads `apps` of the configuration: app id or glob → `type` and the keys of that type. Keys that nobody knows are warned of; what
 * was shut down or never will be is refused.
 *
 * @throws {ConfigError} naming the key and what to do; never with a value, which may be a secret
 */
export async function readApps(apps: unknown, types: ProviderTypes, under = 'apps'): Promise<ReadApps> {
  if (apps === undefined || apps === null) return { apps: [], warnings: [] }
  if (!isMapping(apps))
    throw new ConfigError(`bad value for "${under}": expected app ids with their settings`)
  const warnings: string[] = []
  const read: AppSettings[] = []
  for (const [id, raw] of Object.entries(apps))
    read.push(await readApp({ id, key: `${under}.${id}`, raw, types, warnings }))
  return { apps: read, warnings }
}

type Reading = {
  id: string
  key: string
  raw: unknown
  types: ProviderTypes
  warnings: string[]
}

async function readApp({ id, key, raw, types, warnings }: Reading): Promise<AppSettings> {
  if (id === '' || id.length > 64) throw new ConfigError(`bad key "${key}": an app id has 1 to 64 characters`)
  if (!isMapping(raw)) throw new ConfigError(`bad value for "${key}": expected a mapping with "type"`)
  const { type, inflight_request_limit: limit } = parse(common, pick(raw, common.shape), key)
  const provider = await typeOf(type, types, key)
  refuseLegacy(raw, key)
  const known = shapeOf(provider.options)
  const own: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(raw)) {
    if (Object.hasOwn(common.shape, name)) continue
    if (known === undefined || Object.hasOwn(known, name)) own[name] = value
    else warnings.push(`"${key}.${name}" is not known to apps of type ${type}; it is ignored`)
  }
  return { id, provider, options: parse(provider.options, own, key), limit }
}

async function typeOf(type: string, types: ProviderTypes, key: string): Promise<ProviderType> {
  const found = types.get(type) ?? types.get(ALIASES[type] ?? '')
  if (found) return found()
  const known = [...types.keys()].join(', ')
  if (type.includes('.'))
    throw new ConfigError(
      `bad value for "${key}.type": a Python class cannot be run here; the types are ${known}`,
    )
  throw new ConfigError(`bad value for "${key}.type": expected one of ${known}`)
}

/** Google has shut down the API before HTTP v1 in 2024. */
function refuseLegacy(raw: Record<string, unknown>, key: string): void {
  if (raw['api_version'] !== undefined && raw['api_version'] !== 'v1')
    throw new ConfigError(
      `bad value for "${key}.api_version": Google has shut down the legacy API; set "project_id" and "service_account_file" for HTTP v1`,
    )
  if (raw['api_key'] !== undefined)
    throw new ConfigError(
      `"${key}.api_key" belongs to the legacy API, which Google has shut down; set "project_id" and "service_account_file" instead`,
    )
}

function parse<S extends z.ZodType>(schema: S, value: unknown, key: string): z.output<S> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  const at = [key, ...(issue?.path.map(String) ?? [])].join('.')
  const isMissing = issue?.code === 'invalid_type' && valueAt(value, issue.path) === undefined
  if (isMissing) throw new ConfigError(`"${at}" is missing`)
  // Never the value: it may be a secret.
  const expected = issue?.message.replace(/^Invalid (input|option): /, '').replace(/, received .*$/, '')
  throw new ConfigError(`bad value for "${at}": ${expected ?? 'not valid'}`)
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((here, name) => (isMapping(here) ? here[String(name)] : undefined), value)
}

/** The keys that a type knows; undefined where its schema does not tell. */
function shapeOf(schema: z.ZodType): Record<string, unknown> | undefined {
  if (schema instanceof z.ZodObject) return schema.shape
  if (schema instanceof z.ZodPipe) return shapeOf(schema.def.in as z.ZodType)
  return undefined
}

function pick(from: Record<string, unknown>, shape: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(from).filter(([name]) => Object.hasOwn(shape, name)))
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
