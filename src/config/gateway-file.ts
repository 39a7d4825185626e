import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { ConfigError } from './config-error.ts'
import { decide, readText, type Sources } from './load.ts'
import { proxyFromEnvironment } from './proxy-environment.ts'
import { flatten, type Given, isMapping, parseYaml, readEnvironment, readFlags } from './read.ts'
import { type Config, configSchema } from './schema.ts'

/** The configuration of a gateway that runs alone. */
export type GatewayConfig = {
  config: Config
  /** As in the file: `gateway/` parses them. */
  apps: unknown
  /** A separate address for metrics. */
  metricsAt?: { host: string; port: number }
  /** Obsolete or unknown keys, one sentence for each. */
  warnings: string[]
}

/** The addresses that Sygnal listens on by default. */
const SYGNAL = { host: '127.0.0.1', port: 5000, metricsPort: 8000 }
/** The flags of `belfry serve` that apply to a gateway. */
const FLAGS: ReadonlySet<string> = new Set([
  'listen',
  'data',
  'database',
  'log_level',
  'push.allow_ip_ranges',
  'push.extra_ca',
])

const port = z.int().min(0).max(65_535)
const http = z.looseObject({
  bind_addresses: z.array(z.string().min(1)).min(1).default([SYGNAL.host]),
  port: port.default(SYGNAL.port),
})
const prometheus = z.looseObject({
  enabled: z.boolean().default(false),
  address: z.string().default('127.0.0.1'),
  port: port.default(SYGNAL.metricsPort),
})

/**
 * Reads an unchanged configuration file of Sygnal, which may also have Belfry's own keys. Flags win over environment
 * over file.
 * @throws {ConfigError} for a setting that is not supported
 */
export function loadGatewayConfig(sources: Sources): GatewayConfig {
  const { argv = [], env = process.env, readFile = (path: string) => readFileSync(path, 'utf8') } = sources
  const flags = readFlags(argv)
  const [stray] = flags.positionals
  if (stray !== undefined) throw new ConfigError(`unexpected argument "${stray}"`)
  const foreign = flags.given.find(({ path }) => !FLAGS.has(path.join('.')))
  if (foreign !== undefined) throw new ConfigError(`unknown flag ${foreign.from}`)
  const environment = readEnvironment(env)
  const file = flags.file ?? environment.file
  if (file === undefined) throw new ConfigError('--config FILE is missing: the file configures the apps')
  const content = parseYaml(readText(file, readFile), file)
  const read = readSygnal(content, file)
  // Like Sygnal: the file takes precedence over the environment.
  const proxies = proxyFromEnvironment(env, [['gateway', 'proxy']])
  const config = decide([...proxies, ...read.given, ...environment.given, ...flags.given])
  const isDatabaseGiven = [...read.given, ...environment.given, ...flags.given].some(
    ({ path }) => path[0] === 'database',
  )
  if (!isDatabaseGiven) config.database = { kind: 'sqlite', path: join(config.data, 'gateway.db') }
  const { apps, metricsAt, warnings } = read
  return { config, apps, warnings, ...(metricsAt && { metricsAt }) }
}

/**
 * Whether the configuration is that of a home server on PostgreSQL: its apps are under `gateway.apps`, and
 * those of a gateway that runs alone under `apps`.
 */
export function isOfHomeServer(sources: Sources): boolean {
  const { argv = [], env = process.env, readFile = (path: string) => readFileSync(path, 'utf8') } = sources
  const flags = readFlags(argv)
  const environment = readEnvironment(env)
  const file = flags.file ?? environment.file
  const content = file === undefined ? {} : parseYaml(readText(file, readFile), file)
  if (content['apps'] !== undefined) return false
  const given = [...flatten(content, [], file ?? ''), ...environment.given, ...flags.given]
  const database = given.findLast(({ path }) => path.join('.') === 'database')?.value
  return typeof database === 'string' && /^postgres(ql)?:/.test(database)
}

type Read = Pick<GatewayConfig, 'apps' | 'metricsAt' | 'warnings'> & { given: Given[] }

function readSygnal(content: Record<string, unknown>, file: string): Read {
  const { apps, http: rawHttp, log, proxy, metrics, db, ...rest } = content
  const warnings: string[] = []
  const given: Given[] = []
  const set = (path: string[], value: unknown) => given.push({ path, value, from: file })
  if (proxy !== undefined && proxy !== null) set(['gateway', 'proxy'], proxy)
  set(['listen'], listenOf(rawHttp))
  if (db !== undefined || isMapping(rest['database'])) {
    warnings.push(
      'the database of old versions of Sygnal is not used; the gateway has its own in the data directory',
    )
    delete rest['database']
  }
  readLog(log, { set, warnings })
  const metricsAt = readMetrics(metrics, warnings)
  // Belfry's own key, beside those of Sygnal.
  if (isMapping(metrics) && metrics['listen'] !== undefined) set(['metrics', 'listen'], metrics['listen'])
  const known = configSchema.shape
  for (const key of Object.keys(rest)) {
    if (Object.hasOwn(known, key)) continue
    warnings.push(`unknown key "${key}" is ignored`)
    delete rest[key]
  }
  given.push(...flatten(rest, [], file))
  return { apps, warnings, given, ...(metricsAt && { metricsAt }) }
}

function listenOf(raw: unknown): string {
  const { bind_addresses: addresses, port: number } = parse(http, raw ?? {}, 'http')
  const [host = SYGNAL.host, ...others] = addresses
  if (others.length > 0)
    throw new ConfigError(
      'bad value for "http.bind_addresses": expected one address; "0.0.0.0" or "::" listens on all addresses',
    )
  return `${host.includes(':') ? `[${host}]` : host}:${number}`
}

type Reading = { set: (path: string[], value: unknown) => void; warnings: string[] }

function readLog(log: unknown, { set, warnings }: Reading): void {
  if (!isMapping(log)) return
  if (log['setup'] !== undefined)
    warnings.push('"log.setup" configures Python\'s logging and is ignored; use "log_level"')
  const access = log['access']
  if (!isMapping(access)) return
  if (access['x_forwarded_for'] === true) set(['trust_proxy'], true)
  if (access['file'] !== undefined)
    warnings.push('"log.access.file" is not supported; the log goes to stderr')
}

function readMetrics(metrics: unknown, warnings: string[]): GatewayConfig['metricsAt'] {
  if (!isMapping(metrics)) return undefined
  for (const name of ['opentracing', 'sentry']) {
    const section = metrics[name]
    if (isMapping(section) && section['enabled'] === true)
      warnings.push(`"metrics.${name}" is not supported and is ignored`)
  }
  const {
    enabled,
    address,
    port: number,
  } = parse(prometheus, metrics['prometheus'] ?? {}, 'metrics.prometheus')
  return enabled ? { host: address === '' ? '0.0.0.0' : address, port: number } : undefined
}

function parse<S extends z.ZodType>(schema: S, value: unknown, key: string): z.output<S> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  const at = [key, ...(issue?.path.map(String) ?? [])].join('.')
  throw new ConfigError(`bad value for "${at}": ${issue?.message.replace(/^Invalid (input|option): /, '')}`)
}
