import { isDeepStrictEqual } from 'node:util'
import type { Bus } from '../cluster/bus.ts'
import type { Clock } from '../lib/clock.ts'
import { invalidParam, MatrixError, notFound } from '../lib/errors.ts'
import { localpartOf, type UserId } from '../lib/ids.ts'
import {
  type Action,
  type Condition,
  defaultRules,
  DIGEST,
  type PushRule,
  UNTIL,
} from '../push-rules/index.ts'
import type { Database, Transaction } from '../storage/database.ts'
import { needAllShards, nextPosition } from '../storage/stream.ts'
import { addHandle, deleteEmptyHandles } from './rule-handles-store.ts'
import {
  copyScope,
  defaultChange,
  deleteDefaultChange,
  deleteDefaultChangesOfUser,
  deleteRuleByKey,
  deleteRulesOfUser,
  deleteScope,
  deleteReplacedRules,
  enableRule,
  firstPlace,
  markRuleOwner,
  moveDown,
  moveUp,
  invalidateRoomRules,
  recordChange,
  replaceActions,
  ruleByKey,
  ruleCount,
  rulesLength,
  type RuleKey,
  upsertDefaultChange,
  upsertRule,
} from './rules-store.ts'
import { checkDigestCount } from './digest-limit.ts'
import { nextDigestAt } from './moment.ts'
import { ownerFactsOf } from './owner-facts.ts'
import { GLOBAL, type RuleSettings } from './read-rules.ts'

/** A user's rules have changed. The change applies to events after the stream position `position`. */
export type RulesChange = { userId: UserId; position: number }

export type AnnounceDeps = {
  readonly bus: Bus
  /** Records in the same transaction that the rules of a user have changed. */
  onRulesChanged(tx: Transaction, change: RulesChange): Promise<void>
}

export type RuleChangeDeps = RuleSettings &
  AnnounceDeps & {
    readonly db: Database
    readonly clock: Clock
    readonly maxRulesPerUser: number
    /** In characters, for all rules of a user together. Default: unlimited. */
    readonly maxRulesLength?: number
  }

/** The content of a rule from a client, already checked by `validateRule`. */
export type RuleContent = {
  conditions?: readonly Condition[] | undefined
  pattern?: string | undefined
  actions: readonly Action[]
  /** The end of the rule, in milliseconds since the Unix epoch. Absent: none, also for a rule that had one. */
  [UNTIL]?: number | undefined
  /** Sum up the events that the rule holds back. */
  [DIGEST]?: true | undefined
}

/**
 * The position of a rule among the user's rules of its scope and kind: directly above `before` or directly below
 * `after` (`before` wins if both are given). Without either, a new rule goes to the top and an existing rule keeps
 * its position.
 */
export type RuleAnchor = { before?: string | undefined; after?: string | undefined }

// Each of these functions is one transaction that wakes the clients after the commit. This includes a change that
// leaves a rule as it was, because clients wait for the echo.

/**
 * Creates a rule, or replaces its content and keeps its enabled flag.
 * @throws MatrixError 400: `M_UNKNOWN` when the anchor does not exist, `M_INVALID_PARAM` when the user would have too
 * many rules, too many of them with a digest, or too long rules together
 */
export function putRule(
  deps: RuleChangeDeps,
  key: RuleKey,
  { content, anchor = {} }: { content: RuleContent; anchor?: RuleAnchor },
): Promise<void> {
  return changeRules(deps, key.userId, async (tx, position) => {
    const place = await placeFor(deps, tx, { key, anchor })
    await tx.run(upsertRule, {
      ...key,
      place,
      conditions: content.conditions === undefined ? null : JSON.stringify(content.conditions),
      pattern: content.pattern ?? null,
      actions: JSON.stringify(content.actions),
      endsAt: content[UNTIL] ?? null,
      digest: content[DIGEST] === true ? 1 : 0,
      digestAt: await firstDigestAt(deps, tx, { key, content }),
      digestFrom: content[DIGEST] === true ? position : null,
    })
    if (content[UNTIL] !== undefined || content[DIGEST] === true)
      tx.onCommit(() => deps.bus.publish('rule ends'))
    if (content[DIGEST] === true) await checkDigestCount(tx, key)
    await checkRulesLength(deps, tx, key)
    if (key.scope !== GLOBAL)
      await tx.run(addHandle, { userId: key.userId, handle: key.scope, now: deps.clock.now() })
  })
}

/** The time of the first digest of a rule; null: none. */
async function firstDigestAt(
  { clock }: Pick<RuleChangeDeps, 'clock'>,
  tx: Transaction,
  { key, content }: { key: RuleKey; content: RuleContent },
): Promise<number | null> {
  if (content[DIGEST] !== true) return null
  const conditions = JSON.stringify(content.conditions ?? [])
  const owner = (await ownerFactsOf(tx, [{ user_id: key.userId, conditions }])).get(key.userId) ?? {}
  const rule = { ...content, rule_id: key.ruleId, default: false, enabled: true } as PushRule
  return nextDigestAt(rule, owner, clock.now()) ?? null
}

/** @throws MatrixError 404 when the rule does not exist; 400 for a default rule, which can only be disabled */
export function deleteRule(deps: RuleChangeDeps, key: RuleKey): Promise<void> {
  return changeRules(deps, key.userId, async (tx) => {
    if ((await tx.run(deleteRuleByKey, key)) === 0) {
      if (defaultRule(deps, key)) throw invalidParam('A default rule cannot be deleted. Disable it instead')
      throw noSuchRule()
    }
    await tx.run(deleteEmptyHandles, { userId: key.userId })
  })
}

/** @throws MatrixError 404 when neither a rule of the user nor a default rule has this id */
export function setRuleEnabled(deps: RuleChangeDeps, key: RuleKey, enabled: boolean): Promise<void> {
  return changeRules(deps, key.userId, async (tx) => {
    if ((await tx.run(enableRule, { ...key, enabled: enabled ? 1 : 0 })) > 0) return
    await changeDefault(deps, tx, { key, enabled })
  })
}

/** @throws MatrixError 404 when neither a rule of the user nor a default rule has this id */
export function setRuleActions(
  deps: RuleChangeDeps,
  key: RuleKey,
  actions: readonly Action[],
): Promise<void> {
  return changeRules(deps, key.userId, async (tx) => {
    if ((await tx.run(replaceActions, { ...key, actions: JSON.stringify(actions) })) > 0)
      return checkRulesLength(deps, tx, key)
    await changeDefault(deps, tx, { key, actions })
  })
}

/**
 * Copies all rules of one handle to another, with their order and enabled flags, in the transaction that changes the
 * handle. They go above the existing rules of the new handle and replace those with the same kind and id.
 * @throws MatrixError 400 `M_INVALID_PARAM` when the user would have too many rules, or too many of them with a digest
 */
export async function copyDeviceRules(
  deps: RuleChangeDeps,
  tx: Transaction,
  { userId, from, to }: { userId: UserId; from: string; to: string },
): Promise<void> {
  if (from === to || from === GLOBAL || to === GLOBAL) return
  const position = await nextPosition(tx)
  await tx.run(deleteReplacedRules, { userId, scope: to, by: from })
  if ((await tx.run(copyScope, { userId, from, to })) === 0) return
  await checkRuleCount(deps, tx, { userId, more: 0 })
  await checkDigestCount(tx, { userId })
  await checkRulesLength(deps, tx, { userId })
  await tx.run(addHandle, { userId, handle: to, now: deps.clock.now() })
  await announceRules(deps, tx, { userId, position })
}

/** Removes the rules of handles, in the transaction that found that they are no longer needed. */
export async function removeDeviceRules(
  deps: AnnounceDeps,
  tx: Transaction,
  { userId, handles }: { userId: UserId; handles: readonly string[] },
): Promise<void> {
  const position = await nextPosition(tx)
  for (const handle of handles) await tx.run(deleteScope, { userId, scope: handle })
  await tx.run(deleteEmptyHandles, { userId })
  await announceRules(deps, tx, { userId, position })
}

/** Removes all rules of a user, in the transaction that closes their account. */
export async function removeAllRules(deps: AnnounceDeps, tx: Transaction, userId: UserId): Promise<void> {
  const position = await nextPosition(tx)
  const rules = await tx.run(deleteRulesOfUser, { userId })
  const changes = await tx.run(deleteDefaultChangesOfUser, { userId })
  if (rules + changes === 0) return
  await tx.run(deleteEmptyHandles, { userId })
  await announceRules(deps, tx, { userId, position })
}

function changeRules(
  deps: RuleChangeDeps,
  userId: UserId,
  change: (tx: Transaction, position: number) => Promise<void>,
): Promise<void> {
  return deps.db.transaction(
    async (tx) => {
      const position = await nextPosition(tx)
      await change(tx, position)
      await announceRules(deps, tx, { userId, position })
    },
    { orderedBy: userId, inAllShards: true },
  )
}

/**
 * Records in the transaction of a change that the rules of a user changed at this position, and wakes the
 * user's clients after the commit. The user may join a room, and members of all rooms may send, at the same
 * moment, so the transaction needs all shards.
 */
export async function announceRules(deps: AnnounceDeps, tx: Transaction, change: RulesChange): Promise<void> {
  needAllShards(tx)
  const { userId } = change
  const has = await tx.first(recordChange, change)
  await tx.run(markRuleOwner, { userId, hasRules: has?.has_global === 1 || has?.has_device === 1 ? 1 : 0 })
  await tx.run(invalidateRoomRules, change)
  await deps.onRulesChanged(tx, change)
  tx.onCommit(() => deps.bus.publish(`user:${userId}`))
}

/** The position of the rule, after other rules were moved to make room. */
async function placeFor(
  deps: RuleChangeDeps,
  tx: Transaction,
  { key, anchor: { before, after } }: { key: RuleKey; anchor: RuleAnchor },
): Promise<number> {
  const present = await tx.first(ruleByKey, key)
  if (!present) await checkRuleCount(deps, tx, { userId: key.userId, more: 1 })
  const anchorId = before ?? after
  if (anchorId === undefined) return present?.place ?? ((await tx.first(firstPlace, key))?.place ?? 0) - 1
  const anchor = await tx.first(ruleByKey, { ...key, ruleId: anchorId })
  if (!anchor)
    throw new MatrixError(
      400,
      'M_UNKNOWN',
      'before and after must name one of your own rules of the same kind',
    )
  if (anchorId === key.ruleId) return anchor.place
  const { place } = anchor
  await tx.run(before === undefined ? moveDown : moveUp, { ...key, place })
  return before === undefined ? place + 1 : place - 1
}

/** @throws MatrixError 400 `M_INVALID_PARAM` when the user would have too many rules */
export async function checkRuleCount(
  deps: RuleChangeDeps,
  tx: Transaction,
  { userId, more }: { userId: UserId; more: number },
): Promise<void> {
  const count = ((await tx.first(ruleCount, { userId }))?.count ?? 0) + more
  if (count > deps.maxRulesPerUser)
    throw invalidParam(`You cannot have more than ${deps.maxRulesPerUser} push rules. Delete one first`)
}

/** Bounds the work after a change: the rules of the user are read and compiled with the next event of a room. */
export async function checkRulesLength(
  { maxRulesLength }: RuleChangeDeps,
  tx: Transaction,
  { userId, more = 0 }: { userId: UserId; more?: number },
): Promise<void> {
  if (maxRulesLength === undefined) return
  const length = ((await tx.first(rulesLength, { userId }))?.length ?? 0) + more
  if (length > maxRulesLength)
    throw invalidParam(
      `Your push rules must not have more than ${maxRulesLength} characters together. Delete or shorten one first`,
    )
}

/**
 * A change that restores the default is not stored, so that a user who undoes all changes has no rules of their own.
 */
async function changeDefault(
  deps: RuleChangeDeps,
  tx: Transaction,
  { key, ...change }: { key: RuleKey; enabled?: boolean; actions?: readonly Action[] },
): Promise<void> {
  const rule = defaultRule(deps, key)
  if (!rule) throw noSuchRule()
  const kept = await tx.first(defaultChange, key)
  let enabled = kept?.enabled ?? null
  let actions = kept?.actions ?? null
  if (change.enabled !== undefined) {
    const asSet = change.enabled ? 1 : 0
    enabled = change.enabled === rule.enabled ? null : asSet
  }
  if (change.actions)
    actions = isDeepStrictEqual(change.actions, rule.actions) ? null : JSON.stringify(change.actions)
  if (enabled === null && actions === null) await tx.run(deleteDefaultChange, key)
  else await tx.run(upsertDefaultChange, { ...key, enabled, actions })
}

function defaultRule(settings: RuleSettings, { userId, scope, kind, ruleId }: RuleKey): PushRule | undefined {
  if (scope !== GLOBAL) return undefined
  const defaults = defaultRules({ ...settings, userId, localpart: localpartOf(userId) })
  const rules: readonly PushRule[] = defaults[kind] ?? []
  return rules.find((rule) => rule.rule_id === ruleId)
}

const noSuchRule = () => notFound('There is no push rule of this kind with this id')
