import { compileRule, compileWith, type CompiledRule, type CompiledRules } from './compile.ts'
import { isFound, type Test } from './conditions.ts'
import { defaultRules } from './defaults.ts'
import { bodyOf, foldedAt, hasItem } from './event.ts'
import { compileGlob, matchesWhole } from './glob.ts'
import { patternKey, stateKeyKey, type IndexKey } from './index-key.ts'
import { MENTIONED_USERS_KEY, parseKeyPath } from './key-path.ts'
import type { RuleKind, RuleSettings } from './model.ts'
import { BY_SELF } from './reach.ts'
import { sha256 } from './sha-256.ts'
import { canBeName, fold } from './text.ts'

/**
 * The default rules, compiled once for all users: rules that name their owner compare with `context.userId`. For each
 * user the outcome equals that of `compileRules(defaultRules({ userId, … }))`, and without a user that of
 * `impersonalDefaults`.
 */
export function compiledDefaults(settings: RuleSettings): CompiledRules {
  return sharedDefaults(settings).compiled
}

/**
 * Eight hexadecimal digits that change whenever the default rules change, by a setting or by a new version of this
 * library. Clients must then receive the rules again.
 */
export function defaultsFingerprint(settings: RuleSettings): string {
  return sharedDefaults(settings).fingerprint
}

type SharedDefaults = { readonly compiled: CompiledRules; readonly fingerprint: string }

/** By settings. The number of combinations is small. */
const made = new Map<string, SharedDefaults>()

function sharedDefaults(settings: RuleSettings): SharedDefaults {
  const { legacyMentionRules, experimental = {} } = settings
  const { polls, encryptedEvents, encryptedEventsCount, liveLocation, knocks, notifyInApp } = experimental
  const { threadSubscriptions } = experimental
  const encrypted = [encryptedEvents, encryptedEventsCount]
  const key = [
    legacyMentionRules,
    polls,
    ...encrypted,
    liveLocation,
    knocks,
    notifyInApp,
    threadSubscriptions,
  ]
    .map((isOn) => (isOn === true ? 1 : 0))
    .join('')
  const found = made.get(key)
  if (found !== undefined) return found
  const rules = defaultRules({ ...settings, userId: '', localpart: '' })
  const defaults = {
    compiled: compileWith(rules, (kind, rule) => compileShared(kind, rule, settings)),
    fingerprint: sha256(JSON.stringify(rules)).slice(0, 8),
  }
  made.set(key, defaults)
  return defaults
}

function compileShared(kind: RuleKind, rule: unknown, settings: RuleSettings): CompiledRule | undefined {
  const compiled = compileRule(kind, rule, settings)
  const self = compiled === undefined ? undefined : SELF_TESTS.get(compiled.ruleId)
  if (compiled === undefined || self === undefined) return compiled
  // The condition that names the owner is the last one.
  return { ...compiled, tests: [...compiled.tests.slice(0, -1), self], reach: BY_SELF }
}

const MENTIONED = parseKeyPath(MENTIONED_USERS_KEY)
const STATE_KEY = parseKeyPath('state_key')

/** As in `event_match`, the id is a pattern. Only historical ids contain `*` or `?`. */
const WILDCARD = /[*?]/

const SELF_TESTS: ReadonlyMap<string, Test> = new Map<string, Test>([
  [
    '.m.rule.invite_for_me',
    (event, { userId }) => {
      const invited = userId === undefined ? null : foldedAt(event, STATE_KEY)
      if (userId === undefined || invited === null) return false
      return WILDCARD.test(userId) ? matchesWhole(compileGlob(userId), invited) : invited === fold(userId)
    },
  ],
  [
    '.m.rule.is_user_mention',
    (event, { userId }) => userId !== undefined && event.hasMentions && hasItem(event, MENTIONED, userId),
  ],
  [
    '.m.rule.contains_user_name',
    (event, { userId }) => {
      if (userId === undefined || bodyOf(event) === null) return false
      const localpart = localpartOf(userId)
      return isFound(compileGlob(localpart), event) && canBeName(localpart)
    },
  ],
])

/**
 * The keys, other than the user id itself as a mention or a state key, of events that a default rule naming its owner
 * can match. Undefined: no key can decide this.
 */
export function selfKeys(userId: string, { legacyMentionRules }: RuleSettings): (IndexKey | undefined)[] {
  const keys: (IndexKey | undefined)[] = []
  if (legacyMentionRules) keys.push(patternKey(localpartOf(userId)))
  if (WILDCARD.test(userId)) keys.push(undefined)
  // State keys are compared with folded case; only historical user ids have upper case.
  if (fold(userId) !== userId) keys.push(stateKeyKey(userId))
  return keys
}

/** As user ids are built: the part between the `@` and the first colon. */
export function localpartOf(userId: string): string {
  const colon = userId.indexOf(':')
  return userId.slice(1, colon === -1 ? undefined : colon)
}
