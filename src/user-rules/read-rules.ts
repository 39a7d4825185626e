import type { Config } from '../config/schema.ts'
import { localpartOf, type UserId } from '../lib/ids.ts'
import {
  type Action,
  type Condition,
  type DefaultRuleChange,
  defaultRules,
  DIGEST,
  type OwnerFacts,
  type PushRule,
  rulesetFor,
  type RuleSettings,
  type Ruleset,
  UNTIL,
} from '../push-rules/index.ts'
import type { Queries } from '../storage/query.ts'
import { ownerFactsOf } from './owner-facts.ts'
import {
  type DefaultChangeRow,
  defaultChangesOfUsers,
  type RuleRow,
  ruleSetsOf,
  rulesOfUsers,
} from './rules-store.ts'

export type { RuleSettings }

/** The stored name of the global scope. A handle is never empty. */
export const GLOBAL = ''

/** All push rules of a user. */
export type UserRules = {
  /** The stream position of the last change; 0: no change yet. */
  version: number
  /** As clients see it: the user's own rules, and the default rules with the user's changes. */
  global: Ruleset
  /** By handle; only handles with rules. The device scope has no default rules. */
  device: ReadonlyMap<string, Ruleset>
  /** The facts about the user that conditions of these rules use. */
  owner: OwnerFacts
}

/** The push rules of a user. `/sync`, account data and `GET /pushrules/` all use this function. */
export async function rulesetOf(q: Queries, userId: UserId, settings: RuleSettings): Promise<UserRules> {
  const own = (await rulesetsOf(q, [userId], settings)).get(userId)
  return own ?? { version: 0, global: defaultsOf(userId, settings), device: new Map(), owner: {} }
}

/** Like `rulesetOf`, for many users. Users who never changed a rule are left out. */
export async function rulesetsOf(
  q: Queries,
  userIds: readonly UserId[],
  settings: RuleSettings,
): Promise<Map<UserId, UserRules>> {
  const sets = await q.all(ruleSetsOf, { userIds })
  if (sets.length === 0) return new Map()
  const owners = sets.map((set) => set.user_id)
  const rows = await q.all(rulesOfUsers, { userIds: owners })
  const facts = await ownerFactsOf(q, rows)
  const rules = Map.groupBy(rows, (row) => row.user_id)
  const changes = Map.groupBy(await q.all(defaultChangesOfUsers, { userIds: owners }), (row) => row.user_id)
  return new Map(
    sets.map(({ user_id: userId, version }) => {
      const byScope = Map.groupBy(rules.get(userId) ?? [], (row) => row.scope)
      const global = rulesetFor({
        defaults: defaultsOf(userId, settings),
        changes: (changes.get(userId) ?? []).map(changeOf),
        userRules: rulesIn(byScope.get(GLOBAL)),
      })
      byScope.delete(GLOBAL)
      const device = new Map([...byScope].map(([handle, ofHandle]) => [handle, rulesIn(ofHandle)]))
      return [userId, { version, global, device, owner: facts.get(userId) ?? {} }]
    }),
  )
}

export function noRules(): Ruleset {
  return { override: [], content: [], room: [], sender: [], underride: [] }
}

function defaultsOf(userId: UserId, settings: RuleSettings): Ruleset {
  return defaultRules({ ...settings, userId, localpart: localpartOf(userId) })
}

function changeOf(row: DefaultChangeRow): DefaultRuleChange {
  return {
    kind: row.kind,
    ruleId: row.rule_id,
    enabled: row.enabled === null ? null : row.enabled === 1,
    actions: row.actions === null ? null : listIn<Action>(row.actions),
  }
}

/** The rules of one scope, in order. */
function rulesIn(rows: readonly RuleRow[] | undefined): Ruleset {
  const rules = noRules()
  for (const row of rows ?? []) {
    const rule = ruleOf(row)
    // The content of a row was checked against its kind when it was written.
    if (rule) (rules[row.kind] as PushRule[] | undefined)?.push(rule)
  }
  return rules
}

/** Undefined when the stored value is not a rule: that rule is left out, and the others still apply. */
export function ruleOf(row: RuleRow): PushRule | undefined {
  const actions = listIn<Action>(row.actions)
  const conditions = row.conditions === null ? undefined : listIn<Condition>(row.conditions)
  if (!actions || (row.conditions !== null && !conditions)) return undefined
  return {
    rule_id: row.rule_id,
    default: false,
    enabled: row.enabled === 1,
    ...(conditions && { conditions }),
    ...(row.pattern !== null && { pattern: row.pattern }),
    actions,
    ...(row.ends_at !== null && { [UNTIL]: row.ends_at }),
    ...(row.digest === 1 && { [DIGEST]: true as const }),
  }
}

function listIn<Item>(text: string): Item[] | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) ? (value as Item[]) : undefined
  } catch {
    return undefined
  }
}

/** The settings that select the default rules and the allowed content of rules. */
export function ruleSettingsOf({ push, experimental: proposed }: Config): RuleSettings {
  return {
    legacyMentionRules: push.legacy_mention_rules,
    experimental: {
      polls: proposed.polls,
      encryptedEvents: proposed.encrypted_events,
      encryptedEventsCount: proposed.encrypted_events_count,
      liveLocation: proposed.live_location,
      knocks: proposed.knocks,
      threadSubscriptions: proposed.thread_subscriptions,
      notifyInApp: proposed.notify_in_app,
    },
  }
}
