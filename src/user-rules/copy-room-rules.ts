import type { RoomId, UserId } from '../lib/ids.ts'
import { isJsonObject, type Json } from '../lib/json.ts'
import type { Transaction } from '../storage/database.ts'
import { nextPosition } from '../storage/stream.ts'
import { announceRules, checkRuleCount, checkRulesLength, type RuleChangeDeps } from './change-rules.ts'
import { checkDigestCount } from './digest-limit.ts'
import { addHandle } from './rule-handles-store.ts'
import { MatrixError } from '../lib/errors.ts'
import { GLOBAL } from './read-rules.ts'
import {
  enableRule,
  moveUp,
  ruleByKey,
  type RuleKey,
  type RuleRow,
  ruleSetsOf,
  rulesOfUsers,
  upsertRule,
} from './rules-store.ts'

/** The number of rules for one room that are copied. It bounds the work of a join. */
const MAX_COPIES = 100
/** As for rules from clients (`push-rules/validate.ts`). */
const MAX_ID_BYTES = 300

type Replacement = { userId: UserId; from: RoomId; to: RoomId }

/**
 * Copies the rules of a user for a room to the room that replaces it: rules of kind `room`, and rules with a
 * condition on the room id, of the global scope and of all handles. A copy has the enabled flag of its
 * original and stands directly above it. A rule of the user that exists already stays as it is. Rules above
 * the limits of the user are not copied.
 */
export async function copyRoomRules(
  deps: RuleChangeDeps,
  tx: Transaction,
  change: Replacement,
): Promise<void> {
  const { userId } = change
  const [set] = await tx.all(ruleSetsOf, { userIds: [userId] })
  if (set === undefined || set.has_global + set.has_device === 0) return
  const position = await nextPosition(tx)
  const rows = await tx.all(rulesOfUsers, { userIds: [userId] })
  const copies = rows.flatMap((row) => copyOf(row, change) ?? []).slice(0, MAX_COPIES)
  let copied = 0
  for (const copy of copies) if (await insertCopy(deps, tx, copy)) copied++
  if (copied > 0) await announceRules(deps, tx, { userId, position })
}

type RuleCopy = { original: RuleKey; copy: RuleKey; row: RuleRow; conditions: string | null }

function copyOf(row: RuleRow, { userId, from, to }: Replacement): RuleCopy | undefined {
  const { scope, kind, rule_id: ruleId } = row
  const original = { userId, scope, kind, ruleId }
  if (kind === 'room') {
    return ruleId === from
      ? { original, copy: { ...original, ruleId: to }, row, conditions: null }
      : undefined
  }
  const conditions = row.conditions === null ? undefined : conditionsFor(row.conditions, { from, to })
  if (conditions === undefined) return undefined
  return { original, copy: { ...original, ruleId: idFor(ruleId, { from, to }) }, row, conditions }
}

type Rooms = Pick<Replacement, 'from' | 'to'>

/** The conditions for the other room; undefined: none of them is on the id of this room. */
function conditionsFor(text: string, { from, to }: Rooms): string | undefined {
  const conditions = JSON.parse(text) as Json
  if (!Array.isArray(conditions)) return undefined
  const changed = conditions.map((condition) => {
    if (!isJsonObject(condition) || condition['key'] !== 'room_id') return condition
    const { kind, pattern, value } = condition
    if (kind === 'event_match' && pattern === from) return { ...condition, pattern: to }
    return kind === 'event_property_is' && value === from ? { ...condition, value: to } : condition
  })
  return changed.some((condition, at) => condition !== conditions[at]) ? JSON.stringify(changed) : undefined
}

/** Many clients use the id of the room in the id of the rule. */
function idFor(ruleId: string, { from, to }: Rooms): string {
  const id = ruleId.includes(from) ? ruleId.replaceAll(from, to) : `${ruleId} ${to}`
  return Buffer.byteLength(id) > MAX_ID_BYTES ? to : id
}

async function insertCopy(
  deps: RuleChangeDeps,
  tx: Transaction,
  { original, copy, row, conditions }: RuleCopy,
): Promise<boolean> {
  if (await tx.first(ruleByKey, copy)) return false
  const { userId, scope } = copy
  // Copies that were made before may have moved the original.
  const place = (await tx.first(ruleByKey, original))?.place ?? row.place
  const { pattern, actions, ends_at: endsAt, digest } = row
  const times = { endsAt, digest, digestAt: row.digest_at, digestFrom: row.digest_from }
  const length = lengthOf({ ...row, conditions, rule_id: copy.ruleId })
  if (!(await hasRoomFor(deps, tx, { userId, length, digest }))) return false
  await tx.run(moveUp, { ...copy, place })
  await tx.run(upsertRule, { ...copy, place: place - 1, conditions, pattern, actions, ...times })
  if (row.enabled === 0) await tx.run(enableRule, { ...copy, enabled: 0 })
  if (scope !== GLOBAL) await tx.run(addHandle, { userId, handle: scope, now: deps.clock.now() })
  return true
}

const lengthOf = ({ rule_id: id, conditions, pattern, actions }: RuleRow) =>
  id.length + (conditions?.length ?? 0) + (pattern?.length ?? 0) + actions.length

/**
 * Whether the user may have one more rule of this length, with a digest or without. A join does not fail
 * because of a limit of push rules.
 */
async function hasRoomFor(
  deps: RuleChangeDeps,
  tx: Transaction,
  { userId, length, digest }: { userId: UserId; length: number; digest: 0 | 1 },
): Promise<boolean> {
  try {
    await checkRuleCount(deps, tx, { userId, more: 1 })
    await checkRulesLength(deps, tx, { userId, more: length })
    if (digest === 1) await checkDigestCount(tx, { userId, more: 1 })
    return true
  } catch (error) {
    if (error instanceof MatrixError && error.status === 400) return false
    throw error
  }
}
