import { z } from 'zod'
import { ConfigError } from '../config/config-error.ts'
import type { ProviderType } from './provider.ts'

/** The settings of one app, validated by its type. */
export type AppSettings = {
  /** An exact `app_id`, or a glob of `*` and `?`. */
  id: string
  provider: ProviderType
  /** The output of `provider.options`. */
  options: unknown
  /** The most messages in flight. */
  limit: number
}

/** An error in the settings of an app. The sentence names the key, never the value, which may be a secret. */
export type AppFault = { app: string; text: string }

export type ReadApps = {
  /** Apps without an error. */
  apps: AppSettings[]
  faults: AppFault[]
  warnings: string[]
}

/** All types by name. A type is loaded when an app needs it. */
export type ProviderTypes = ReadonlyMap<string, () => Promise<ProviderType>>

/** Keys of every app, whatever its type. */
const common = z.object({
  type: z.string(),
  inflight_request_limit: z.int().min(1).max(100_000).default(512),
})

/** Other names for Sygnal's types. */
const ALIASES: Readonly<Record<string, string>> = { fcm: 'gcm' }

/**
 * Reads `apps` of the configuration: app id or glob → `type` and the keys of that type. Unknown keys cause
 * warnings. Types that were shut down, or that cannot be supported, are errors. All errors and warnings are
 * collected, so that the operator can correct them at once.
 *
 * @throws {ConfigError} when `apps` is not a mapping
 */
export async function readApps(apps: unknown, types: ProviderTypes, under = 'apps'): Promise<ReadApps> {
  const read: ReadApps = { apps: [], faults: [], warnings: [] }
  if (apps === undefined || apps === null) return read
  if (!isMapping(apps))
    throw new ConfigError(`bad value for "${under}": expected app ids with their settings`)
  for (const [id, raw] of Object.entries(apps)) {
    const faults: string[] = []
    const app = await readApp({ id, key: `${under}.${id}`, raw, types, faults, warnings: read.warnings })
    read.faults.push(...faults.map((text) => ({ app: id, text })))
    if (app !== undefined && faults.length === 0) read.apps.push(app)
  }
  return read
}

type Reading = {
  id: string
  key: string
  raw: unknown
  types: ProviderTypes
  /** Errors and warnings are appended. */
  faults: string[]
  warnings: string[]
}

/** `undefined`: the settings have an error. */
async function readApp(reading: Reading): Promise<AppSettings | undefined> {
  const { id, key, raw, faults, warnings } = reading
  if (id === '' || id.length > 64) faults.push(`bad key "${key}": an app id has 1 to 64 characters`)
  if (!isMapping(raw)) {
    faults.push(`bad value for "${key}": expected a mapping with "type"`)
    return undefined
  }
  const general = parse(common, pick(raw, common.shape), reading)
  const { type } = raw
  const provider = typeof type === 'string' ? await typeOf(type, reading) : undefined
  if (provider === undefined) return undefined
  const legacy = legacyFaults(raw, key)
  faults.push(...Object.values(legacy))
  const known = shapeOf(provider.options)
  const own: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(raw)) {
    if (Object.hasOwn(common.shape, name) || Object.hasOwn(legacy, name)) continue
    if (known === undefined || Object.hasOwn(known, name)) own[name] = value
    else warnings.push(`"${key}.${name}" is not known to apps of type ${String(type)}; it is ignored`)
  }
  const options = parse(provider.options, own, reading)
  if (general === undefined || options === undefined) return undefined
  return { id, provider, options: options.data, limit: general.data.inflight_request_limit }
}

async function typeOf(type: string, { types, key, faults }: Reading): Promise<ProviderType | undefined> {
  const found = types.get(type) ?? types.get(ALIASES[type] ?? '')
  if (found) return found()
  const known = [...types.keys()].join(', ')
  const isPython = type.includes('.')
  const expected = isPython
    ? `Python classes are not supported; the types are ${known}`
    : `expected one of ${known}`
  faults.push(`bad value for "${key}.type": ${expected}`)
  return undefined
}

/** Google shut down the APIs before HTTP v1 in 2024. Errors by key. */
function legacyFaults(raw: Record<string, unknown>, key: string): Record<string, string> {
  return {
    ...(raw['api_version'] !== undefined &&
      raw['api_version'] !== 'v1' && {
        api_version: `bad value for "${key}.api_version": Google has shut down the legacy API; set "project_id" and "service_account_file" for HTTP v1`,
      }),
    ...(raw['api_key'] !== undefined && {
      api_key: `"${key}.api_key" belongs to the legacy API, which Google has shut down; set "project_id" and "service_account_file" instead`,
    }),
  }
}

function parse<S extends z.ZodType>(
  schema: S,
  value: unknown,
  { key, faults }: Reading,
): { data: z.output<S> } | undefined {
  const result = schema.safeParse(value)
  if (result.success) return { data: result.data }
  faults.push(...result.error.issues.map((issue) => faultOf(issue, value, key)))
  return undefined
}

/** Never contains the value, which may be a secret. */
function faultOf(issue: z.core.$ZodIssue, value: unknown, key: string): string {
  const at = [key, ...issue.path.map(String)].join('.')
  const isMissing = valueAt(value, issue.path) === undefined
  if (isMissing && issue.code === 'invalid_type') return `"${at}" is missing`
  if (isMissing && issue.code === 'custom') return `"${at}" ${issue.message}`
  const expected = issue.message.replace(/^Invalid (input|option): /, '').replace(/, received .*$/, '')
  return `bad value for "${at}": ${expected}`
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((here, name) => (isMapping(here) ? here[String(name)] : undefined), value)
}

/** The keys of a type; undefined if its schema does not list them. */
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
