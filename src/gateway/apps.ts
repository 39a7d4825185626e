import { ConfigError } from '../config/config-error.ts'
import { BoundedMap } from '../lib/bounded-map.ts'
import { type Circuits, createCircuits } from '../sending/circuits.ts'
import type { AppFault, AppSettings } from './app-settings.ts'
import { type RejectionGuard, createRejectionGuard } from './rejection-guard.ts'
import type { Provider, ProviderDeps } from './provider.ts'
import { createRecentFaults, type RecentFaults } from './recent-faults.ts'

/** One configured app, ready to send. */
export type OpenApp = {
  /** Its exact id, or its glob. */
  id: string
  type: string
  provider: Provider
  /** Shared by first attempts and the queue. */
  circuits: Circuits
  /** The most messages in flight. */
  limit: number
  guard: RejectionGuard
  /** The errors in its credentials when it was opened, each as a sentence. */
  faults: readonly string[]
  openedAt: number
  recentFaults: RecentFaults
  /** Keeps the provider open until the returned function is called. */
  use(): () => void
  /** Closes the provider after its last use. */
  close(): Promise<void>
}

/**
 * `unknown`: no app is configured for that `app_id`. `ambiguous`: several globs match it. Both are
 * configuration errors.
 */
export type FoundApp = OpenApp | 'unknown' | 'ambiguous'

export type Apps = AsyncDisposable & {
  readonly all: readonly OpenApp[]
  /** An exact id takes precedence over a glob. */
  find(appId: string): FoundApp
}

/** Callers can send any app id, so the cache has a limit. */
const MOST_KEPT = 1000
/** Client-server API, `pushers/set`. */
const LONGEST_APP_ID = 64

export type OpenedApps = {
  apps: Apps
  /** Apps that cannot be opened, with the reasons. */
  refused: AppFault[]
}

/** Opens all apps that can be opened. An app with faulty credentials is opened too. */
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
    guard: createRejectionGuard(),
    faults: await provider.check(),
    openedAt: deps.clock.now(),
    recentFaults: createRecentFaults(deps.clock),
    ...lifeOf(provider),
  }
}

/** `undefined`: not a configuration error. */
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

function finder(all: readonly OpenApp[]): (appId: string) => FoundApp {
  const exact = new Map(all.map((app) => [app.id, app]))
  const globs = all.filter(({ id }) => /[*?]/.test(id)).map((app) => ({ app, pattern: globPattern(app.id) }))
  const kept = new BoundedMap<string, FoundApp>({ limit: MOST_KEPT })
  const search = (appId: string): FoundApp => {
    const matching = globs.filter(({ pattern }) => pattern.test(appId))
    return matching.length > 1 ? 'ambiguous' : (matching[0]?.app ?? 'unknown')
  }
  return (appId) => {
    if (appId.length > LONGEST_APP_ID) return 'unknown'
    return exact.get(appId) ?? kept.getOrInsertComputed(appId, search)
  }
}

/**
 * `*` matches any characters, `?` exactly one. The whole id must match, including case. These are the globs
 * of Sygnal's configuration. Event types and host names have no `?` (`lib/wildcard.ts`), and the globs of
 * push rules ignore case (`push-rules/glob.ts`).
 */
function globPattern(glob: string): RegExp {
  const source = Array.from(glob, (char) =>
    char === '*' ? '.*' : char === '?' ? '.' : char.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`),
  )
  // Several stars in a row mean the same as one, and would be slow.
  return new RegExp(`^${source.join('').replaceAll(/(\.\*)+/g, '.*')}$`, 'su')
}
