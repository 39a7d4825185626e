import { rulesetOf } from '../user-rules/read-rules.ts'
import type { UserRules } from '../delivery/device-rules.ts'
import { forbidden, invalidParam } from '../lib/errors.ts'
import type { RoomId, UserId } from '../lib/ids.ts'
import { isJsonObject, type JsonObject } from '../lib/json.ts'
import {
  type EvaluationContext,
  prepareEvent,
  type PushRule,
  RULE_KINDS,
  type RuleKind,
  type RuleSettings,
  type Ruleset,
  validateActions,
  validateRule,
} from '../push-rules/index.ts'
import { requireJoined } from '../rooms/access.ts'
import { displayNameAt } from '../rooms/poke-event.ts'
import { viewRoom } from '../rooms/room-view.ts'
import type { Queries } from '../storage/query.ts'
import { answer } from './explain-answer.ts'
import { ignoring, pushersAtEvent } from './explain-store.ts'

export type DryRun = {
  viewer: { userId: UserId; isAdmin: boolean }
  /** Of whom is asked. */
  userId: UserId
  /** In the format of clients; whatever is missing matches nothing. */
  event: JsonObject & { type: string }
  /** The room as it is now, and the name that the user has in it. Without one the event happens nowhere. */
  roomId: RoomId | undefined
  /** Joined members of a room that is made up, or another number than the room has. */
  memberCount: number | undefined
  /** As `GET /pushrules/` shows them; scopes and kinds may be left out. */
  rules: JsonObject | undefined
  /** Leave out the rules that are stored; the defaults stay. */
  onlyThese: boolean
}

const MAX_HANDLES = 50
const MAX_GIVEN_RULES = 1000

/** As `pushrules/device/<handle>` takes it. */
const MAX_HANDLE_BYTES = 255

/** A room that nobody named is no direct chat: its rules have a sound. */
const MEMBERS_OF_NO_ROOM = 3

/**
 * What would become of an event. Given rules come on top of the stored ones, as if each had been `PUT` just now: one with a
 * known id takes its rule's place, others stand first in their kind, in the order in which they are given.
 * @throws 400 M_INVALID_PARAM for rules that a `PUT` would refuse; 403 M_FORBIDDEN for a room that the viewer is not in
 */
export async function dryRun(q: Queries, settings: RuleSettings, request: DryRun): Promise<JsonObject> {
  const { userId, roomId, event } = request
  const stored = await rulesetOf(q, userId, settings)
  const rules = withRules(stored, settings, request)
  const { sender } = event
  const isIgnored =
    typeof sender === 'string' && (await q.first(ignoring, { userId, ignored: sender })) !== undefined
  const pushers = await q.all(pushersAtEvent, { userId, position: 0 })
  const held = new Set(pushers.map((pusher) => pusher.handle))
  const unheld = [...rules.device.keys()].filter((handle) => !held.has(handle))
  const context = await contextOf(q, request)
  return answer({
    userId,
    rules,
    settings,
    event: prepareEvent(roomId === undefined ? event : { ...event, room_id: roomId }),
    type: event.type,
    context: { ...context, userId },
    silence: { isOwn: sender === userId, ignoresSender: isIgnored },
    counted: undefined,
    pushers: [...pushers, ...unheld.map((handle) => ({ handle }))],
    sentAt: undefined,
  }) as unknown as JsonObject
}

async function contextOf(
  q: Queries,
  { viewer, userId, roomId, memberCount, event }: DryRun,
): Promise<EvaluationContext> {
  if (roomId === undefined) return { memberCount: memberCount ?? MEMBERS_OF_NO_ROOM }
  if (!viewer.isAdmin) await requireJoined(q, viewer.userId, roomId)
  const room = await viewRoom(q, { roomId, sender: userId, type: event.type })
  if (!room) throw forbidden('There is no such room')
  return {
    memberCount: memberCount ?? room.joinedCount,
    powerLevels: room.powerLevels,
    creators: room.creators,
    roomVersion: room.version.id,
    displayName: await displayNameAt(q, { userId, roomId, position: Number.MAX_SAFE_INTEGER }),
  }
}

function withRules(stored: UserRules, settings: RuleSettings, { rules, onlyThese }: DryRun): UserRules {
  checkNumber(rules)
  const kept = onlyThese ? { global: defaultsIn(stored.global), device: new Map<string, Ruleset>() } : stored
  const global = objectIn(rules, 'global')
  const device = new Map(kept.device)
  for (const [handle, given] of Object.entries(objectIn(rules, 'device') ?? {})) {
    const bytes = Buffer.byteLength(handle)
    if (bytes === 0 || bytes > MAX_HANDLE_BYTES)
      throw invalidParam('rules.device: a handle has 1 to 255 bytes')
    if (!isJsonObject(given)) throw invalidParam(`rules.device.${handle}: expected an object of kinds`)
    const place = { path: `rules.device.${handle}`, settings }
    device.set(handle, merged(device.get(handle) ?? NO_RULES, given, place))
  }
  const place = { path: 'rules.global', settings }
  return { global: global ? merged(kept.global, global, place) : kept.global, device }
}

/** Each is compiled, and each handle is answered as a pusher is. */
function checkNumber(rules: JsonObject | undefined): void {
  const devices = Object.values(objectIn(rules, 'device') ?? {})
  if (devices.length > MAX_HANDLES)
    throw invalidParam(`rules.device: no more than ${MAX_HANDLES} handles can be asked about at once`)
  const lists = [objectIn(rules, 'global'), ...devices]
    .filter(isJsonObject)
    .flatMap((set) => Object.values(set))
  const count = lists.reduce<number>((sum, list) => sum + (Array.isArray(list) ? list.length : 0), 0)
  if (count > MAX_GIVEN_RULES)
    throw invalidParam(`rules: no more than ${MAX_GIVEN_RULES} rules can be tried at once`)
}

const NO_RULES: Ruleset = { override: [], content: [], room: [], sender: [], underride: [] }

function defaultsIn(rules: Ruleset): Ruleset {
  const only = (kind: RuleKind) => rules[kind].filter((rule) => rule.default)
  return Object.fromEntries(RULE_KINDS.map((kind) => [kind, only(kind)])) as Ruleset
}

function objectIn(rules: JsonObject | undefined, name: string): JsonObject | undefined {
  const value = rules?.[name]
  if (value === undefined || isJsonObject(value)) return value
  throw invalidParam(`rules.${name}: expected an object`)
}

type Place = { path: string; settings: RuleSettings }

function merged(base: Ruleset, given: JsonObject, { path, settings }: Place): Ruleset {
  const unknown = Object.keys(given).find((kind) => !(RULE_KINDS as readonly string[]).includes(kind))
  if (unknown !== undefined) throw invalidParam(`${path}: the kinds of rules are ${RULE_KINDS.join(', ')}`)
  return Object.fromEntries(
    RULE_KINDS.map((kind) => [
      kind,
      mergedKind(base[kind], given[kind] ?? [], { kind, path: `${path}.${kind}`, settings }),
    ]),
  ) as Ruleset
}

function mergedKind(
  base: readonly PushRule[],
  given: unknown,
  place: Place & { kind: RuleKind },
): PushRule[] {
  const { path } = place
  if (!Array.isArray(given)) throw invalidParam(`${path}: expected a list of rules`)
  const rules = given.map((rule: unknown, at) => checked(rule, base, { ...place, path: `${path}.${at}` }))
  const byId = new Map(rules.map((rule) => [rule.rule_id, rule]))
  const known = new Set(base.map((rule) => rule.rule_id))
  return [
    ...[...byId.values()].filter((rule) => !known.has(rule.rule_id)),
    ...base.map((rule) => byId.get(rule.rule_id) ?? rule),
  ]
}

/** @throws MatrixError 400 */
function checked(
  rule: unknown,
  base: readonly PushRule[],
  { kind, path, settings }: Place & { kind: RuleKind },
): PushRule {
  const ruleId = isJsonObject(rule) ? rule['rule_id'] : undefined
  if (!isJsonObject(rule) || typeof ruleId !== 'string')
    throw invalidParam(`${path}: expected a rule with a rule_id`)
  const enabled = rule['enabled'] ?? true
  if (typeof enabled !== 'boolean') throw invalidParam(`${path}.enabled: expected true or false`)
  const isDefault = base.find((one) => one.default && one.rule_id === ruleId)
  if (isDefault) {
    // Of a default rule, whether and how it notifies may be changed, not when.
    const actions = validateActions(rule['actions'] ?? isDefault.actions, settings)
    if (!actions.ok) throw invalidParam(`${path}: ${actions.problem.message}`)
    return { ...isDefault, enabled, actions: actions.value }
  }
  const result = validateRule({ kind, ruleId }, rule, settings)
  if (!result.ok) throw invalidParam(`${path}: ${result.problem.message}`)
  const { kind: _kind, ruleId: _ruleId, ...parts } = result.value
  return { ...parts, rule_id: ruleId, default: false, enabled }
}
