import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { z } from 'zod'
import { checkCluster, checkRoles } from './check-cluster.ts'
import { ConfigError } from './config-error.ts'
import { proxyFromEnvironment } from './proxy-environment.ts'
import { type Flags, type Given, type OwnFlags, readEnvironment, readFlags, readYaml } from './read.ts'
import { type Config, configSchema } from './schema.ts'
import { settings } from './settings.ts'

export type Sources = {
  argv?: readonly string[]
  env?: Readonly<Record<string, string | undefined>>
  readFile?: (path: string) => string
  /** Defaults of a command, which everything overrides. */
  defaults?: readonly Given[]
  /** Values of a command, which only flags override. */
  ofCommand?: readonly Given[]
}

export type CommandLine = { config: Config } & Pick<Flags, 'switches' | 'options' | 'positionals'>

/**
 * The configuration from flags, environment and file. Flags win over environment over file.
 * @throws ConfigError on the first unknown key or bad value, with the key and its source
 */
export function loadConfig(sources: Sources = {}): Config {
  const { config, positionals } = loadCommandLine(sources)
  if (positionals[0] !== undefined) throw new ConfigError(`unexpected argument "${positionals[0]}"`)
  return config
}

/** Like `loadConfig`, for a command with arguments and flags of its own. */
export function loadCommandLine(sources: Sources & OwnFlags): CommandLine {
  const { argv = [], env = process.env, readFile = (path: string) => readFileSync(path, 'utf8') } = sources
  const flags = readFlags(argv, sources)
  const environment = readEnvironment(env)
  const file = flags.file ?? environment.file
  const inFile = file === undefined ? [] : readYaml(readText(file, readFile), file)
  const fromProxies = proxyFromEnvironment(env, PROXIES)
  const { defaults = [], ofCommand = [] } = sources
  const beforeFlags = [...fromProxies, ...defaults, ...inFile, ...environment.given, ...ofCommand]
  const config = decide([...beforeFlags, ...flags.given])
  return { config, switches: flags.switches, options: flags.options, positionals: flags.positionals }
}

/** The settings that `HTTPS_PROXY` applies to. */
const PROXIES = [
  ['push', 'proxy'],
  ['gateway', 'proxy'],
]

export function readText(file: string, readFile: (path: string) => string): string {
  try {
    return readFile(file)
  } catch (error) {
    const reason =
      error instanceof Error && 'code' in error && error.code === 'ENOENT'
        ? 'there is no such file'
        : 'it cannot be read'
    throw new ConfigError(`the configuration file ${file}: ${reason}`, { cause: error })
  }
}

/** Later entries win. */
export function decide(given: readonly Given[]): Config {
  const merged: Tree = {}
  const origins = new Map<string, string>()
  for (const { path, value, from } of given) {
    place(merged, path, value)
    origins.set(path.join('.'), from)
  }
  // By default zod compiles a function for each object, which takes longer than one use of it.
  const result = configSchema.safeParse(merged, { jitless: true })
  if (!result.success) throw refusal(result.error.issues, origins)
  const config = result.data
  checkEmail(config)
  checkSharedSecret(config)
  checkMedia(config)
  const database = config.database?.kind ?? 'sqlite'
  checkCluster(config.cluster, database)
  checkRoles(config.roles, { cluster: config.cluster, database })
  return {
    ...config,
    database: config.database ?? { kind: 'sqlite', path: join(config.data, 'belfry.db') },
    media: { ...config.media, folder: config.media.folder ?? join(config.data, 'media') },
  }
}

/** Checks settings that depend on each other. */
function checkEmail({ email, public_url }: z.output<typeof configSchema>): void {
  if (email.smtp === undefined) return
  const needs = (key: string, why: string) => new ConfigError(`"email.smtp" needs "${key}": ${why}`)
  if (email.from === undefined) throw needs('email.from', 'the sender address of mails')
  if (public_url === undefined) throw needs('public_url', 'mails contain links to this server')
  const hasPassword = email.password !== undefined || email.password_file !== undefined
  if (email.password !== undefined && email.password_file !== undefined)
    throw new ConfigError('"email.password" and "email.password_file" exclude each other: remove one')
  if (email.user === undefined && hasPassword) throw needs('email.user', 'a password is set')
  if (email.user !== undefined && !hasPassword)
    throw needs('email.password', 'or "email.password_file", for "email.user"')
  if (hasPassword && !email.smtp.isSecure && email.tls !== 'required')
    throw new ConfigError('bad value for "email.tls": a password is only sent over TLS; expected required')
}

function checkSharedSecret({ registration }: z.output<typeof configSchema>): void {
  if (registration.shared_secret !== undefined && registration.shared_secret_file !== undefined)
    throw new ConfigError(
      '"registration.shared_secret" and "registration.shared_secret_file" exclude each other: remove one',
    )
}

function checkMedia({ media }: z.output<typeof configSchema>): void {
  if (media.s3_secret_key !== undefined && media.s3_secret_key_file !== undefined)
    throw new ConfigError(
      '"media.s3_secret_key" and "media.s3_secret_key_file" exclude each other: remove one',
    )
  if (media.s3_endpoint === undefined) return
  const secret = media.s3_secret_key ?? media.s3_secret_key_file
  const given = [
    ['media.s3_bucket', media.s3_bucket],
    ['media.s3_access_key', media.s3_access_key],
    ['media.s3_secret_key', secret],
  ] as const
  for (const [key, value] of given)
    if (value === undefined) throw new ConfigError(`"media.s3_endpoint" needs "${key}"`)
}

type Tree = { [key: string]: unknown }

function place(tree: Tree, path: readonly string[], value: unknown): void {
  const [name = '', ...rest] = path
  // Object.defineProperty: a key called __proto__ in the file is treated like any unknown key.
  const set = (inner: unknown) =>
    Object.defineProperty(tree, name, { value: inner, enumerable: true, configurable: true, writable: true })
  if (rest.length === 0) {
    set(value)
    return
  }
  const inner = Object.hasOwn(tree, name) ? tree[name] : undefined
  const section = typeof inner === 'object' && inner !== null ? (inner as Tree) : {}
  set(section)
  place(section, rest, value)
}

function refusal(issues: readonly z.core.$ZodIssue[], origins: ReadonlyMap<string, string>): ConfigError {
  // An unknown key comes first: it is often the reason that another key is missing.
  const issue = issues.find((one) => one.code === 'unrecognized_keys') ?? issues[0]
  if (issue === undefined) return new ConfigError('the configuration is not valid')
  const path = issue.path.map(String)
  if (issue.code === 'unrecognized_keys') {
    const key = [...path, issue.keys[0] ?? ''].join('.')
    return new ConfigError(`unknown key "${key}" (from ${originOf(key, origins)})${suggestion(key)}`)
  }
  const key = path.join('.')
  return new ConfigError(`bad value for "${key}" (from ${originOf(key, origins)}): ${expectation(issue)}`)
}

function originOf(key: string, origins: ReadonlyMap<string, string>): string {
  const parts = key.split('.')
  for (let length = parts.length; length > 0; length--) {
    const from = origins.get(parts.slice(0, length).join('.'))
    if (from !== undefined) return from
  }
  return [...origins].find(([path]) => path.startsWith(`${key}.`))?.[1] ?? 'the configuration file'
}

// Never contains the value: it may be a database URL with a password.
function expectation(issue: z.core.$ZodIssue): string {
  return issue.message.replace(/^Invalid (input|option): /, '').replace(/^Too (big|small): /, '')
}

function suggestion(key: string): string {
  const last = key.split('.').at(-1)
  const near = settings.find(
    (setting) =>
      setting.path.at(-1) === last || setting.key.replaceAll(/[._]/g, '') === key.replaceAll(/[._-]/g, ''),
  )
  return near === undefined ? '' : `; did you mean "${near.key}"?`
}
