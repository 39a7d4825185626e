import { createAuthSessions } from '../../src/accounts/auth-sessions.ts'
import type { AttemptLimiter } from '../../src/accounts/deps.ts'
import { signWith } from '../../src/accounts/server-secret.ts'
import { createPasswords } from '../../src/accounts/passwords.ts'
import type { RuleChangeDeps, RulesChange } from '../../src/user-rules/change-rules.ts'
import type { RegistrationDeps } from '../../src/accounts/register.ts'
import { createLocalBus } from '../../src/cluster/bus.ts'
import type { Clock } from '../../src/lib/clock.ts'
import { limitExceeded } from '../../src/lib/errors.ts'
import { systemRandom, type UserId } from '../../src/lib/ids.ts'
import type { Database } from '../../src/storage/database.ts'
import { CHEAP } from '../support/cheap-passwords.ts'
import { quotas } from '../support/quotas.ts'

/** A clock that only moves when the test moves it. */
export function createFixedClock(): Clock & { advance(ms: number): void } {
  let now = 1_800_000_000_000
  return { now: () => now, sleep: () => Promise.resolve(), advance: (ms) => void (now += ms) }
}

/** Allows `count` failures for each account from each source. */
export function attempts(count: number): AttemptLimiter {
  const used = new Map<string, number>()
  return {
    async attempt(account, { key }) {
      const pair = `${account} ${key}`
      const before = used.get(pair) ?? 0
      if (before >= count) throw limitExceeded(60_000)
      used.set(pair, before + 1)
      return async () => void used.set(pair, (used.get(pair) ?? 1) - 1)
    },
  }
}

/** Accounts on a database. Calls of the hooks are recorded. */
export function createAccountsFixture(db: Database, overrides: Partial<RegistrationDeps> = {}) {
  const clock = createFixedClock()
  const given = { db, clock, random: systemRandom }
  const removed: string[] = []
  const profilesChanged: UserId[] = []
  const ended: UserId[] = []
  const deps: RegistrationDeps = {
    db,
    clock,
    bus: createLocalBus(),
    random: systemRandom,
    serverName: 'localhost',
    quotas,
    openRegistration: true,
    passwords: createPasswords({ cost: CHEAP }),
    authSessions: createAuthSessions({ ...given, sign: signWith('c2VjcmV0') }),
    loginAttempts: attempts(1000),
    addressGroup: (address) => address,
    onDevicesRemoved: async (_tx, userId, deviceIds) =>
      void removed.push(...deviceIds.map((deviceId) => `${userId} ${deviceId}`)),
    onDeviceRenamed: async () => undefined,
    checkDeviceId: async () => undefined,
    onAddressRemoved: async (_tx, userId, address) => void removed.push(`${userId} ${address}`),
    onAccountClosed: async () => undefined,
    onAccountLocked: async () => undefined,
    onAccountUnlocked: async () => undefined,
    onAccountErased: async () => undefined,
    onProfileChanged: async (userId) => void profilesChanged.push(userId),
    onDeactivated: async (userId) => void ended.push(userId),
    onRulesChanged: async () => undefined,
    onUsersIgnored: async () => undefined,
    ...overrides,
  }
  return { deps, clock, removed, profilesChanged, ended }
}

/** Push rules on a database. Calls of `onRulesChanged` are recorded. */
export function createRulesFixture(db: Database, overrides: Partial<RuleChangeDeps> = {}) {
  const changes: RulesChange[] = []
  const deps: RuleChangeDeps = {
    db,
    bus: createLocalBus(),
    clock: createFixedClock(),
    legacyMentionRules: true,
    maxRulesPerUser: 100,
    onRulesChanged: async (_tx, change) => void changes.push(change),
    ...overrides,
  }
  return { ...deps, changes }
}
