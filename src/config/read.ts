import { createRequire } from 'node:module'
import { parseArgs } from 'node:util'
import type * as Yaml from 'yaml'
import { ConfigError } from './config-error.ts'
import { type Setting, settings } from './settings.ts'

/** One configured value and its source: `--listen`, `BELFRY_LISTEN`, or the name of the file. */
export type Given = { path: readonly string[]; value: unknown; from: string }

export type Flags = {
  given: Given[]
  /** The value of `--config`. */
  file: string | undefined
  /** The expected switches that were present on the command line. */
  switches: ReadonlySet<string>
  /** The values of the expected options of the command. */
  options: Readonly<Record<string, string | undefined>>
  positionals: string[]
}

const settingOfFlag = new Map(
  settings.flatMap((setting) => (setting.flag === undefined ? [] : [[setting.flag, setting]])),
)
const settingOfEnv = new Map(settings.map((setting) => [setting.env, setting]))

/** Flags that belong to the command itself. `switches`: without a value, such as `admin`. `options`: with one. */
export type OwnFlags = { switches?: readonly string[] | undefined; options?: readonly string[] | undefined }

export function readFlags(argv: readonly string[], own: OwnFlags = {}): Flags {
  const options: Record<string, { type: 'string' | 'boolean' }> = { config: { type: 'string' } }
  for (const name of own.switches ?? []) options[name] = { type: 'boolean' }
  for (const name of own.options ?? []) options[name] = { type: 'string' }
  for (const [flag, { value }] of settingOfFlag)
    options[flag] = { type: value === undefined ? 'boolean' : 'string' }
  const { tokens } = parseArgs({
    args: [...argv],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  })

  const flags = {
    given: [] as Given[],
    file: undefined as string | undefined,
    switches: new Set<string>(),
    options: {} as Record<string, string>,
    positionals: [] as string[],
  }
  const lists = new Map<Setting, string[]>()
  for (const token of tokens) {
    if (token.kind === 'positional') flags.positionals.push(token.value)
    if (token.kind !== 'option') continue
    const option = Object.hasOwn(options, token.name) ? options[token.name] : undefined
    if (option === undefined) throw new ConfigError(`unknown flag ${token.rawName}`)
    const text = checkedValue(token, option.type)
    const setting = settingOfFlag.get(token.name)
    if (token.name === 'config') flags.file = text
    else if (setting === undefined && option.type === 'string') flags.options[token.name] = text
    else if (setting === undefined) flags.switches.add(token.name)
    else if (setting.kind === 'list') lists.set(setting, [...(lists.get(setting) ?? []), text])
    else flags.given.push({ path: setting.path, value: flagValue(setting, text), from: token.rawName })
  }
  for (const [setting, value] of lists)
    flags.given.push({ path: setting.path, value, from: `--${setting.flag}` })
  return flags
}

type OptionToken = { rawName: string; value: string | undefined; inlineValue: boolean | undefined }

function checkedValue(token: OptionToken, type: 'string' | 'boolean'): string {
  if (type === 'boolean') {
    if (token.value !== undefined) throw new ConfigError(`${token.rawName} takes no value`)
    return ''
  }
  // `--listen --data x` would make "--data" the address to listen on.
  const isNextFlag = token.inlineValue === false && token.value?.startsWith('--')
  if (token.value === undefined || token.value === '' || isNextFlag)
    throw new ConfigError(`${token.rawName} needs a value`)
  return token.value
}

function flagValue(setting: Setting, text: string): unknown {
  return setting.value === undefined ? !setting.flag?.startsWith('no-') : fromText(setting, text)
}

/** Every `BELFRY_…` variable. `BELFRY_CONFIG` names the file. An empty variable counts as not set. */
export function readEnvironment(env: Readonly<Record<string, string | undefined>>): {
  given: Given[]
  file: string | undefined
} {
  const given: Given[] = []
  for (const [name, text] of Object.entries(env)) {
    if (
      !name.startsWith('BELFRY_') ||
      name === 'BELFRY_CONFIG' ||
      OF_COMMANDS.has(name) ||
      isServiceLink(name) ||
      text === undefined ||
      text === ''
    )
      continue
    const setting = settingOfEnv.get(name)
    if (setting === undefined) throw new ConfigError(`unknown environment variable ${name}`)
    given.push({ path: setting.path, value: fromText(setting, text), from: name })
  }
  return { given, file: env['BELFRY_CONFIG'] === '' ? undefined : env['BELFRY_CONFIG'] }
}

/** Variables of commands that call a running server. They are not settings. */
const OF_COMMANDS: ReadonlySet<string> = new Set(['BELFRY_URL', 'BELFRY_TOKEN'])

// Kubernetes sets these in every container beside a service called "belfry". They are not settings.
function isServiceLink(name: string): boolean {
  return /^BELFRY_(SERVICE_(HOST|PORT)|PORT)(_|$)/.test(name)
}

function fromText(setting: Setting, text: string): unknown {
  switch (setting.kind) {
    case 'number':
      return /^-?\d+$/.test(text) ? Number(text) : text
    case 'boolean':
      return text === 'true' || text === '1' ? true : text === 'false' || text === '0' ? false : text
    case 'list':
      return text.split(',').map((item) => item.trim())
    case 'json':
      return fromJson(text)
    case 'text':
      return text
  }
}

/** Text that is not JSON stays text. The schema then refuses it with the name of its key. */
function fromJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** A YAML file with the nesting of the schema. Unknown keys are kept: `load.ts` refuses them with their name. */
export function readYaml(text: string, name: string): Given[] {
  return flatten(parseYaml(text, name), [], name)
}

/** The keys and values of a YAML file; an empty file has none. */
export function parseYaml(text: string, name: string): Record<string, unknown> {
  // Loaded only when there is a file: most starts have none, and loading it takes longer than all modules of this
  // folder.
  const { parseDocument } = createRequire(import.meta.url)('yaml') as typeof Yaml
  const document = parseDocument(text, { logLevel: 'silent' })
  const fault = document.errors[0]
  if (fault !== undefined) {
    const line = fault.linePos?.[0].line ?? 1
    throw new ConfigError(`${name}, line ${line}: ${fault.message.split(/ at line |:?\n/, 1)[0]}`)
  }
  const content = valueOf(document, name)
  if (content === null || content === undefined) return {}
  if (!isMapping(content))
    throw new ConfigError(`${name}: expected keys and values, such as "listen: 127.0.0.1:8008"`)
  return content
}

/** Aliases are resolved here: one without an anchor, and too many of them, are errors. */
function valueOf(document: Yaml.Document, name: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 })
  } catch (error) {
    throw new ConfigError(`${name}: ${error instanceof Error ? error.message : 'it cannot be read'}`, {
      cause: error,
    })
  }
}

export function flatten(mapping: Record<string, unknown>, path: readonly string[], from: string): Given[] {
  return Object.entries(mapping).flatMap(([key, value]) => {
    const here = [...path, key]
    const isSection = settings.some(
      (setting) => setting.path.length > here.length && here.every((part, at) => setting.path[at] === part),
    )
    if (isSection && isMapping(value)) return flatten(value, here, from)
    if (isSection && value === null) return []
    return [{ path: here, value, from }]
  })
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
