import { ConfigError } from '../config/config-error.ts'
import { BoundedMap } from '../lib/bounded-map.ts'
import { type Circuits, createCircuits } from '../sending/circuits.ts'
import type { AppFault, AppSettings } from './app-settings.ts'
import { type BlastGuard, createBlastGuard } from './blast-guard.ts'
import type { Provider, ProviderDeps } from './provider.ts'
import { createRecentFaults, type RecentFaults } from './recent-faults.ts'

/** One app of the configuration, ready to send. */
export type OpenApp = {
  /** Its exact id, or its glob. */
  id: string
  type: string
  provider: Provider
  /** Of what is in flight, for first attempts and the queue together. */
  circuits: Circuits
  /** So many messages are in flight at most. */
  limit: number
  guard: BlastGuard
  /** What is wrong with its credentials, each in a sentence, since it was opened. */
  faults: readonly string[]
  openedAt: number
  recentFaults: RecentFaults
  /** Keeps the provider open until the returned function is called. */
  use(): () => void
  /** Closes the provider once nobody uses it. */
  close(): Promise<void>
}

/** `unknown`: no app is configured for that `app_id`; `ambiguous`: several globs match it. Both are the operator's fault. */
export type Found = OpenApp | 'unknown' | 'ambiguous'

export type Apps = AsyncDisposable & {
  readonly all: readonly OpenApp[]
  /** An exact id goes before a glob. */
  find(appId: string): Found
}

/** Anybody may ask for any app id: only so many answers are kept. */
const MOST_KEPT = 1000
/** Client-server API, `pushers/set`. */
const LONGEST_APP_ID = 64

export type OpenedApps = {
  apps: Apps
  /** Those that cannot be opened, and why. */
  refused: AppFault[]
}

/** Opens each app that can be opened. What is wrong with the credentials of an app does not keep it from being opened. */
export async function openApps(
  settings: readonly AppSettings[],
  deps: Omit<ProviderDeps, 'appId'>,
): Promise<OpenedApps> {
  const all: OpenApp[] = []
  const refused: AppFault[] = []
  for (const one of settings) {
    try {
      all.push(await openApp(one, deps))
    } catch (error) {
      const texts = messagesOf(error)
      if (texts === undefined) {
        await close(all)
        throw error
      }
      refused.push(...texts.map((text) => ({ app: one.id, text })))
    }
  }
  return { apps: { all, find: finder(all), [Symbol.asyncDispose]: () => close(all) }, refused }
}

async function openApp(
  { id, provider: type, options, limit }: AppSettings,
  deps: Omit<ProviderDeps, 'appId'>,
): Promise<OpenApp> {
  const provider = await type.open(options, { ...deps, appId: id })
  return {
    id,
    type: type.type,
    provider,
    circuits: createCircuits({ ...deps, limit, soleLineHasAll: true }),
    limit,
    guard: createBlastGuard(),
    faults: await provider.check(),
    openedAt: deps.clock.now(),
    recentFaults: createRecentFaults(deps.clock),
    ...lifeOf(provider),
  }
}

/** `undefined`: it is no fault of the configuration. */
function messagesOf(error: unknown): string[] | undefined {
  const errors: unknown[] = error instanceof AggregateError ? error.errors : [error]
  return errors.every((one) => one instanceof ConfigError) ? errors.map(({ message }) => message) : undefined
}

async function close(apps: readonly OpenApp[]): Promise<void> {
  await Promise.all(apps.map((app) => app.close()))
}

function lifeOf(provider: Provider): Pick<OpenApp, 'use' | 'close'> {
  let users = 0
  const idle = Promise.withResolvers<void>()
  let isClosing = false
  return {
    use() {
      users++
      return () => {
        if (--users === 0 && isClosing) idle.resolve()
      }
    },
    async close() {
      isClosing = true
      if (users > 0) await idle.promise
      await provider[Symbol.asyncDispose]()
    },
  }
}

function finder(all: readonly OpenApp[]): (appId: string) => Found {
  const exact = new Map(all.map((app) => [app.id, app]))
  const globs = all.filter(({ id }) => /[*?]/.test(id)).map((app) => ({ app, pattern: globPattern(app.id) }))
  const kept = new BoundedMap<string, Found>({ limit: MOST_KEPT })
  const search = (appId: string): Found => {
    const matching = globs.filter(({ pattern }) => pattern.test(appId))
    return matching.length > 1 ? 'ambiguous' : (matching[0]?.app ?? 'unknown')
  }
  return (appId) => {
    if (appId.length > LONGEST_APP_ID) return 'unknown'
    return exact.get(appId) ?? kept.getOrInsertComputed(appId, search)
  }
}

/**
 * `*` stands for any characters, `?` for exactly one; the whole id must match, case included. These are the globs of Sygnal's configuration. Event
 * types and host names have no `?` (`lib/wildcard.ts`), and the globs of push rules ignore case (`push-rules/glob.ts`).
 */
function globPattern(glob: string): RegExp {
  const source = Array.from(glob, (char) =>
    char === '*' ? '.*' : char === '?' ? '.' : char.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`),
  )
  // Stars in a row mean no more than one, and would be slow.
  return new RegExp(`^${source.join('').replaceAll(/(\.\*)+/g, '.*')}$`, 'su')
}
